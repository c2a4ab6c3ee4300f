import type { Json } from '@syncline/kernel';

import { fieldInMap, type FieldType, type ListType } from '../schemas/field-type.js';
import { isList, isObject, isSame, type JsonObject } from '../schemas/json.js';
import { PatchFailed } from './json-patch.js';

/**
 * Applies a strategic merge patch: a merge patch that merges lists by the merge keys of the schema, with the directives
 * `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` that kubectl writes.
 */
export const applyStrategicPatch = (type: FieldType, target: Json | undefined, patch: Json): Json => {
  if (type.is === 'list' && isList(patch)) return patchList(type, isList(target) ? target : [], patch);
  if (isObject(patch)) return patchMap(type, isObject(target) ? target : {}, patch);
  return patch;
};

const patchMap = (type: FieldType, target: JsonObject, patch: JsonObject): Json => {
  const { $patch: directive, $retainKeys: retained, ...members } = patch;
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'replace' && directive !== 'merge')
    throw new PatchFailed(`unknown patch type: ${JSON.stringify(directive)} in map`);
  const kept = directive === 'replace' ? {} : isList(retained) ? only(target, retained) : target;
  const merged = new Map(Object.entries(kept));
  for (const [name, value] of Object.entries(members)) {
    if (name.startsWith('$')) continue;
    if (value === null) merged.delete(name);
    else merged.set(name, applyStrategicPatch(fieldTypeIn(type, name), merged.get(name), value));
  }
  for (const [name, value] of Object.entries(members))
    applyListDirective(type, { before: target, merged }, name, value);
  return Object.fromEntries(merged);
};

const only = (target: JsonObject, names: readonly Json[]): JsonObject =>
  Object.fromEntries(Object.entries(target).filter(([name]) => names.includes(name)));

const fieldTypeIn = (type: FieldType, name: string): FieldType =>
  type.is === 'map' ? fieldInMap(type, name) : { is: 'untyped' };

/** What a directive beside a list says of it: which plain items go, and in which order the rest stands. */
const applyListDirective = (
  type: FieldType,
  { before, merged }: { before: JsonObject; merged: Map<string, Json> },
  name: string,
  value: Json,
): void => {
  const [directive, field = ''] = name.split('/', 2);
  const list = merged.get(field);
  if (!name.startsWith('$') || !isList(list)) return;
  if (!isList(value)) throw new PatchFailed(`${name} is no list`);
  if (directive === '$deleteFromPrimitiveList') {
    const kept = list.filter((item) => !value.includes(item));
    merged.set(field, kept);
  }
  if (directive === '$setElementOrder') {
    const identity = identityIn(fieldTypeIn(type, field));
    const old = before[field];
    merged.set(field, inOrder(identity, isList(old) ? old : [], list, value.map(identity)));
  }
};

/** What tells an item of a list from others: its merge key, or all that it is. */
const identityIn =
  (type: FieldType) =>
  (item: Json): Json => {
    const key = type.is === 'list' ? type.patchMergeKey : undefined;
    return key !== undefined && isObject(item) ? (item[key] ?? null) : item;
  };

/**
 * The items that the order names, in that order; each other item before the next of those that it was before. What is
 * new comes at once.
 */
const inOrder = (
  identity: (item: Json) => Json,
  before: readonly Json[],
  list: readonly Json[],
  order: readonly Json[],
): readonly Json[] => {
  const ids = before.map(identity);
  const named = list.filter((item) => order.includes(identity(item)));
  named.sort((a, b) => order.indexOf(identity(a)) - order.indexOf(identity(b)));
  const others = list.filter((item) => !order.includes(identity(item)));
  const placed = named.flatMap((item) => {
    const place = ids.indexOf(identity(item));
    const count = others.findIndex((other) => ids.indexOf(identity(other)) > place);
    return [...others.splice(0, count < 0 ? (place < 0 ? 0 : others.length) : count), item];
  });
  return [...placed, ...others];
};

const patchList = (list: ListType, target: readonly Json[], patch: readonly Json[]): Json => {
  const isReplaced = patch.some((item) => isObject(item) && item.$patch === 'replace');
  const items = patch.filter((item) => !(isObject(item) && item.$patch === 'replace'));
  if (!list.patchStrategy.includes('merge') || isReplaced) return items;
  const key = list.patchMergeKey;
  if (key === undefined)
    return [...target, ...items.filter((item) => !target.some((one) => isSame(one, item)))];
  const merged = items.reduce<readonly Json[]>((all, item) => patchItem(list, key, all, item), target);
  const identity = identityIn(list);
  return inOrder(identity, target, merged, items.map(identity));
};

const patchItem = (list: ListType, key: string, all: readonly Json[], item: Json): readonly Json[] => {
  const id = isObject(item) ? item[key] : undefined;
  if (id === undefined)
    throw new PatchFailed(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  const index = all.findIndex((one) => isObject(one) && one[key] === id);
  if (isObject(item) && item.$patch === 'delete') return all.filter((_one, at) => at !== index);
  if (index < 0) return [...all, applyStrategicPatch(list.items, undefined, item)];
  return all.with(index, applyStrategicPatch(list.items, all[index], item));
};
