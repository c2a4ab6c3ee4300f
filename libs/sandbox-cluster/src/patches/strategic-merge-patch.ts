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
  for (const [name, value] of Object.entries(members)) applyListDirective(type, merged, name, value);
  return Object.fromEntries(merged);
};

const only = (target: JsonObject, names: readonly Json[]): JsonObject =>
  Object.fromEntries(Object.entries(target).filter(([name]) => names.includes(name)));

const fieldTypeIn = (type: FieldType, name: string): FieldType =>
  type.is === 'map' ? fieldInMap(type, name) : { is: 'untyped' };

/** What a directive beside a list says of it: which plain items go, and in which order the rest stands. */
const applyListDirective = (type: FieldType, merged: Map<string, Json>, name: string, value: Json): void => {
  const [directive, field = ''] = name.split('/', 2);
  const list = merged.get(field);
  if (!name.startsWith('$') || !isList(list)) return;
  if (!isList(value)) throw new PatchFailed(`${name} is no list`);
  if (directive === '$deleteFromPrimitiveList')
    merged.set(
      field,
      list.filter((item) => !value.includes(item)),
    );
  if (directive === '$setElementOrder') merged.set(field, inOrder(fieldTypeIn(type, field), list, value));
};

/** Items that the order does not name stay where they stand, before the next one that it names. */
const inOrder = (type: FieldType, list: readonly Json[], order: readonly Json[]): Json => {
  const key = type.is === 'list' ? type.patchMergeKey : undefined;
  const identity = (item: Json): Json => (key !== undefined && isObject(item) ? (item[key] ?? null) : item);
  const wanted = order.map(identity);
  const ranked = list.filter((item) => wanted.includes(identity(item)));
  ranked.sort((a, b) => wanted.indexOf(identity(a)) - wanted.indexOf(identity(b)));
  return list.map((item) => (wanted.includes(identity(item)) ? (ranked.shift() ?? item) : item));
};

const patchList = (list: ListType, target: readonly Json[], patch: readonly Json[]): Json => {
  const isMerged = list.patchStrategy.includes('merge');
  const isReplaced = patch.some((item) => isObject(item) && item.$patch === 'replace');
  const items = patch.filter((item) => !(isObject(item) && item.$patch === 'replace'));
  if (!isMerged || isReplaced) return items;
  const key = list.patchMergeKey;
  if (key === undefined)
    return [...target, ...items.filter((item) => !target.some((one) => isSame(one, item)))];
  return items.reduce<readonly Json[]>((all, item) => patchItem(list, key, all, item), target);
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
