import type { Json } from '@syncline/kernel';

import { fieldInMap, type FieldType, type ListType, type MapType } from '../schemas/field-type.js';
import { emptySet, isEmptySet, selfSet, setOf, type FieldSet } from './field-set.js';
import { isList, isObject, type JsonObject } from '../schemas/json.js';
import { fieldElement, itemElement, shapeOf } from './path-element.js';

/**
 * The paths that a value sets: its scalars, atomic lists and maps whole, the items of lists, the keys of free maps, and
 * fields that are empty. A named field that has something in it is not itself among them.
 */
export const fieldsOf = (type: FieldType, value: Json): FieldSet => {
  const shape = shapeOf(type, value);
  if (shape.is === 'scalar') return selfSet;
  if (shape.is === 'list')
    return shape.owned === 'atomic' ? selfSet : isList(value) ? ofItems(shape, value) : emptySet;
  if (shape.atomic) return selfSet;
  return isObject(value) ? ofMembers(shape, value) : emptySet;
};

const ofItems = (list: ListType, items: readonly Json[]): FieldSet =>
  setOf(
    false,
    items.map((item) => [itemElement(list, item), { ...fieldsOf(list.items, item), self: true }] as const),
  );

const ofMembers = (map: MapType, members: JsonObject): FieldSet =>
  setOf(
    false,
    Object.entries(members).map(([name, value]) => {
      const fields = fieldsOf(fieldInMap(map, name), value);
      const isOwn =
        value === null || (isObject(value) && Object.keys(value).length === 0) || !map.field(name);
      return [fieldElement(name), isOwn ? { ...fields, self: true } : fields] as const;
    }),
  );

/** The set with each named field that it has a path below: such a field exists as long as something in it does. */
export const withNamedFields = (type: FieldType, set: FieldSet): FieldSet => {
  const map = type.is === 'map' ? type : undefined;
  return setOf(
    set.self,
    [...set.below].map(([element, child]) => {
      const under = withNamedFields(typeBelow(type, element), child);
      const isNamed = map?.field(element.slice(2)) !== undefined && element.startsWith('f:');
      return [element, isNamed && !isEmptySet(child) ? { ...under, self: true } : under] as const;
    }),
  );
};

/** The type behind a path element. */
export const typeBelow = (type: FieldType, element: string): FieldType => {
  if (type.is === 'list') return type.items;
  if (type.is === 'map' && element.startsWith('f:')) return fieldInMap(type, element.slice(2));
  return { is: 'untyped' };
};
