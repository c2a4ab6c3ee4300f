import { canonicalJson, type Json } from '@syncline/kernel';

import type { FieldType, ListType, MapType } from '../schemas/field-type.js';
import { isList, isObject } from '../schemas/json.js';

/** The path element of a field. */
export const fieldElement = (name: string): string => `f:${name}`;

/** The type that a value has in fact: what the schema leaves open is decided by the value. */
export type Shape = { readonly is: 'scalar' } | ListType | MapType;

const untypedList: ListType = { is: 'list', items: { is: 'untyped' }, owned: 'atomic', patchStrategy: [] };
const untypedMap: MapType = {
  is: 'map',
  atomic: false,
  field: () => undefined,
  fieldNames: [],
  values: { is: 'untyped' },
  required: [],
  patchStrategy: [],
};

/** How a value is walked, given its type. */
export const shapeOf = (type: FieldType, value: Json | undefined): Shape => {
  if (type.is !== 'untyped') return type;
  if (isList(value)) return untypedList;
  return isObject(value) ? untypedMap : { is: 'scalar' };
};

/** Why an item has no place in its list. */
export class ItemWithoutKey extends Error {}

/** The path element of an item of a list that is owned by item; throws ItemWithoutKey for one that has none. */
export const itemElement = (list: ListType, item: Json): string => {
  if (list.owned === 'atomic') throw new TypeError('an atomic list has no paths of its items');
  if (list.owned === 'set') return setElement(item);
  if (item === null) throw new ItemWithoutKey('associative list with keys may not have a null element');
  if (!isObject(item)) throw new ItemWithoutKey('associative list with keys may not have non-map elements');
  const keys = list.owned.keys.map((key) => [key, item[key] ?? keyDefault(list, key)] as const);
  const given = keys.filter((pair): pair is readonly [string, Json] => pair[1] !== undefined);
  const [missing] = keys.filter(([, value]) => value === undefined).map(([key]) => key);
  if (missing !== undefined)
    throw new ItemWithoutKey(
      `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`,
    );
  return `k:${canonicalJson(Object.fromEntries(given))}`;
};

const setElement = (item: Json): string => {
  if (item === null)
    throw new ItemWithoutKey("associative list without keys has an element that's an explicit null");
  if (typeof item === 'object')
    throw new ItemWithoutKey('associative list without keys has an element that is a map or a list');
  return `v:${canonicalJson(item)}`;
};

const keyDefault = ({ items }: ListType, key: string): Json | undefined =>
  items.is === 'map' ? items.field(key)?.default : undefined;

/** A path as messages show it: `.spec.containers[name="web"].image`. */
export const showPath = (path: readonly string[]): string => path.map(showElement).join('');

const showElement = (element: string): string => {
  const [kind, text] = [element.slice(0, 2), element.slice(2)];
  if (kind === 'f:') return `.${text}`;
  if (kind === 'v:') return `[=${text}]`;
  if (kind === 'i:') return `[${text}]`;
  const keys = JSON.parse(text) as Record<string, Json>;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${showKey(value)}`)
    .join(',')}]`;
};

const showKey = (value: Json): string => (isObject(value) ? '' : JSON.stringify(value));
