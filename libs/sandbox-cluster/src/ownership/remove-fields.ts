import type { Json } from '@syncline/kernel';

import { fieldInMap, type FieldType, type ListType, type MapType } from '../schemas/field-type.js';
import { belowOf, isEmptySet, type FieldSet } from './field-set.js';
import { isList, isObject, type JsonObject } from '../schemas/json.js';
import { fieldElement, itemElement, shapeOf } from './path-element.js';

/** The value without the paths of a set. A map or list from which all is removed is null, as on the real server. */
export const removeFields = (type: FieldType, value: Json, removed: FieldSet): Json => {
  const shape = shapeOf(type, value);
  if (shape.is === 'list' && shape.owned !== 'atomic' && isList(value) && value.length > 0)
    return removeItems(shape, value, removed);
  if (shape.is === 'map' && !shape.atomic && isObject(value) && Object.keys(value).length > 0)
    return removeMembers(shape, value, removed);
  return value;
};

const removeItems = (list: ListType, items: readonly Json[], removed: FieldSet): Json => {
  const kept = items.flatMap((item) => {
    const below = belowOf(removed, itemElement(list, item));
    if (below.self) return [];
    return [isEmptySet(below) ? item : removeFields(list.items, item, below)];
  });
  return kept.length > 0 ? kept : null;
};

const removeMembers = (map: MapType, members: JsonObject, removed: FieldSet): Json => {
  const kept = Object.entries(members).flatMap(([name, value]) => {
    const below = belowOf(removed, fieldElement(name));
    if (below.self) return [];
    return [[name, isEmptySet(below) ? value : removeFields(fieldInMap(map, name), value, below)] as const];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : null;
};
