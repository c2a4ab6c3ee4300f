import type { Json } from '@syncline/kernel';

import { fieldInMap, type FieldType, type ListType, type MapType } from '../schemas/field-type.js';
import { itemsByElement } from './compare.js';
import { isList, isObject, type JsonObject } from '../schemas/json.js';
import { itemElement, shapeOf } from './path-element.js';

/** Lays an applied value over the live one: leaves are replaced, granular maps and lists are merged item by item. */
export const merge = (
  type: FieldType,
  live: Json | undefined,
  applied: Json | undefined,
): Json | undefined => {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const shape = shapeOf(type, applied);
  if (shape.is === 'list' && shape.owned !== 'atomic' && isList(live))
    return mergeItems(shape, live, isList(applied) ? applied : []);
  if (shape.is === 'map' && !shape.atomic && isObject(live))
    return mergeMembers(shape, live, isObject(applied) ? applied : {});
  return applied;
};

const mergeMembers = (map: MapType, live: JsonObject, applied: JsonObject): Json => {
  const names = [...new Set([...Object.keys(live), ...Object.keys(applied)])];
  const merged = names.map(
    (name) => [name, merge(fieldInMap(map, name), live[name], applied[name])] as const,
  );
  return Object.fromEntries(merged.filter((pair): pair is readonly [string, Json] => pair[1] !== undefined));
};

/**
 * The applied items come in the applied order; an item that only the live list has keeps its place after the shared item
 * that it followed.
 */
const mergeItems = (list: ListType, live: readonly Json[], applied: readonly Json[]): Json => {
  const liveItems = itemsByElement(list, live);
  const waiting = applied.map((item) => ({ element: itemElement(list, item), item }));
  const appliedElements = new Set(waiting.map(({ element }) => element));
  const merged: Json[] = [];
  const takeNext = (): string | undefined => {
    const next = waiting.shift();
    if (next) merged.push(merge(list.items, liveItems.get(next.element), next.item) ?? next.item);
    return next?.element;
  };
  const nextShared = (): string | undefined => waiting.find(({ element }) => liveItems.has(element))?.element;
  for (const item of live) {
    const element = itemElement(list, item);
    if (!appliedElements.has(element)) merged.push(item);
    else if (element === nextShared()) while (takeNext() !== element);
  }
  while (takeNext() !== undefined);
  return merged;
};
