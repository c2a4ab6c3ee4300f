import type { Json } from '@syncline/kernel';

import { fieldInMap, type FieldType, type ListType, type MapType } from '../schemas/field-type.js';
import { emptySet, selfSet, setOf, without, type FieldSet } from './field-set.js';
import { isList, isObject, isSame, type JsonObject } from '../schemas/json.js';
import { fieldElement, itemElement, shapeOf } from './path-element.js';

/** What differs between two values of a type, by path. */
export type Comparison = {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
};

const same: Comparison = { added: emptySet, modified: emptySet, removed: emptySet };

/** Compares two values; an absent one is `undefined`. The order of a list's items is not a difference. */
export const compare = (type: FieldType, before: Json | undefined, after: Json | undefined): Comparison => {
  const shape = shapeOf(type, after ?? before);
  if (isReshaped(type, before, after)) return reshaped(type, before, after);
  const isLeaf = shape.is === 'scalar' || isAtomic(shape) || (isBare(before) && isBare(after));
  if (isLeaf) return leaf(before, after);
  const below =
    shape.is === 'list' ? compareItems(shape, before, after) : compareMembers(shape, before, after);
  return {
    ...below,
    added: before === undefined ? { ...below.added, self: true } : below.added,
    removed: after === undefined ? { ...below.removed, self: true } : below.removed,
  };
};

const leaf = (before: Json | undefined, after: Json | undefined): Comparison => {
  if (isSame(before, after)) return same;
  if (before === undefined) return { ...same, added: selfSet };
  return after === undefined ? { ...same, removed: selfSet } : { ...same, modified: selfSet };
};

const isAtomic = (shape: ListType | MapType): boolean =>
  shape.is === 'list' ? shape.owned === 'atomic' : shape.atomic;

/** Absent, null or empty: nothing to go into. */
const isBare = (value: Json | undefined): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** An untyped value that was a map and is none any more, or the other way round; beside a map, null is an empty one. */
const isReshaped = (type: FieldType, before: Json | undefined, after: Json | undefined): boolean =>
  type.is === 'untyped' &&
  before !== undefined &&
  after !== undefined &&
  shapeOf(type, before).is !== shapeOf(type, after).is &&
  !(before === null && isObject(after)) &&
  !(isObject(before) && after === null);

/** The value itself is another, and what was or is below it as a map goes or comes. */
const reshaped = (type: FieldType, before: Json | undefined, after: Json | undefined): Comparison => {
  const [gone, come] = [compare(type, before, undefined), compare(type, undefined, after)];
  const below = (set: FieldSet): FieldSet => ({ ...set, self: false });
  return { added: below(come.added), modified: selfSet, removed: below(gone.removed) };
};

const collect = (parts: readonly (readonly [string, Comparison])[]): Comparison => ({
  added: setOf(
    false,
    parts.map(([element, { added }]) => [element, added] as const),
  ),
  modified: setOf(
    false,
    parts.map(([element, { modified }]) => [element, modified] as const),
  ),
  removed: setOf(
    false,
    parts.map(([element, { removed }]) => [element, removed] as const),
  ),
});

const compareItems = (list: ListType, before: Json | undefined, after: Json | undefined): Comparison => {
  const [old, now] = [itemsByElement(list, before), itemsByElement(list, after)];
  const elements = [...new Set([...old.keys(), ...now.keys()])];
  return collect(elements.map((one) => [one, compare(list.items, old.get(one), now.get(one))] as const));
};

/** The items of a list by their path element; of duplicates, which only other writers than appliers may leave, the last. */
export const itemsByElement = (list: ListType, value: Json | undefined): ReadonlyMap<string, Json> =>
  new Map(isList(value) ? value.map((item) => [itemElement(list, item), item] as const) : []);

const compareMembers = (map: MapType, before: Json | undefined, after: Json | undefined): Comparison => {
  const [old, now]: JsonObject[] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  const names = [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])];
  return collect(
    names.map(
      (name) => [fieldElement(name), compare(fieldInMap(map, name), old?.[name], now?.[name])] as const,
    ),
  );
};

/** The comparison without what lies at or below the given paths. */
export const ignoring = ({ added, modified, removed }: Comparison, ignored: FieldSet): Comparison => ({
  added: without(added, ignored),
  modified: without(modified, ignored),
  removed: without(removed, ignored),
});
