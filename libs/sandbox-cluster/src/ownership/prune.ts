import type { Json } from '@syncline/kernel';

import type { FieldType } from '../schemas/field-type.js';
import { difference, intersection, isEmptySet, union, type FieldSet } from './field-set.js';
import { removeFields } from './remove-fields.js';
import { fieldsOf, withNamedFields } from './value-fields.js';

/**
 * Takes from a merged object what its applier set the last time, but for what is still `held` by any manager (the
 * applier's new fields among them). What others have put below a removed field stays, and so does the field around it.
 */
export const prune = (type: FieldType, merged: Json, last: FieldSet, held: FieldSet): Json => {
  if (isEmptySet(last)) return merged;
  const all = withNamedFields(type, fieldsOf(type, merged));
  const lastNamed = withNamedFields(type, last);
  const fieldsLeft = (value: Json): FieldSet => withNamedFields(type, fieldsOf(type, value));
  const bare = fieldsLeft(removeFields(type, merged, lastNamed));
  const owned = removeFields(type, merged, difference(all, union(bare, withNamedFields(type, held))));
  const gone = difference(all, fieldsLeft(owned));
  return removeFields(type, merged, intersection(gone, lastNamed));
};
