import { canonicalJson } from '@syncline/kernel';

import { fieldsOf, identityOf, nameOf, type NamedObject, type Value } from './fields.js';
import type { Manifest } from './recorded-manifests.js';

export type FieldDifference = {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'removed';
  readonly from?: Value;
  readonly to?: Value;
};
export type ObjectDifference = {
  readonly object: NamedObject;
  readonly change: 'added' | 'changed' | 'removed';
  readonly fields: readonly FieldDifference[];
  /** Also those that are not listed. */
  readonly fieldCount: number;
};

/** What is listed of one target; counts tell the rest. */
const mostObjects = 200;
const mostFields = 200;

const fieldDifferences = (before: Manifest, after: Manifest): readonly FieldDifference[] => {
  const [from, to] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...from.keys(), ...to.keys()])].sort().flatMap((path): readonly FieldDifference[] => {
    const [old, fresh] = [from.get(path), to.get(path)];
    if (old === undefined) return fresh === undefined ? [] : [{ path, change: 'added', to: fresh }];
    if (fresh === undefined) return [{ path, change: 'removed', from: old }];
    return canonicalJson(old) === canonicalJson(fresh)
      ? []
      : [{ path, change: 'changed', from: old, to: fresh }];
  });
};

const byIdentity = (objects: readonly Manifest[]): ReadonlyMap<string, Manifest> =>
  new Map(objects.map((object) => [identityOf(nameOf(object)), object]));

/** What differs between two recorded renders, object by object and field by field. Pure. */
export const diffManifests = (
  before: readonly Manifest[],
  after: readonly Manifest[],
): { readonly objects: readonly ObjectDifference[]; readonly objectCount: number } => {
  const [from, to] = [byIdentity(before), byIdentity(after)];
  const all = [...new Set([...from.keys(), ...to.keys()])].sort();
  const objects = all.flatMap((identity): readonly ObjectDifference[] => {
    const [old, fresh] = [from.get(identity), to.get(identity)];
    if (!old || !fresh) {
      const one = old ?? fresh;
      const change = old ? ('removed' as const) : ('added' as const);
      return one ? [{ object: nameOf(one), change, fields: [], fieldCount: 0 }] : [];
    }
    const fields = fieldDifferences(old, fresh);
    const listed = fields.slice(0, mostFields);
    return fields.length === 0
      ? []
      : [{ object: nameOf(fresh), change: 'changed', fields: listed, fieldCount: fields.length }];
  });
  return { objects: objects.slice(0, mostObjects), objectCount: objects.length };
};
