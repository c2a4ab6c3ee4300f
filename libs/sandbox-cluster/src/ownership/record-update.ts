import type { Json } from '@syncline/kernel';

import { emptyObject } from '../schemas/completed.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { compare, ignoring } from './compare.js';
import { difference, isEmptySet, union } from './field-set.js';
import {
  identityOf,
  isSameOwnership,
  managersFrom,
  managersOf,
  mapFields,
  withManagers,
  type Manager,
  type Managers,
} from './managers.js';
import type { UpdateRequest } from './operations.js';
import { outOfReach, ownable } from './unowned.js';

/** The object that a POST, PUT or PATCH leaves, with the managedFields that result (KEP-555). */
export const recordUpdate = (request: UpdateRequest): KubeObject => {
  const { before, after, subresource } = request;
  if (subresource === undefined && isReset(after)) return withManagers(after, new Map());
  const sent = subresource === undefined ? managersOf(after) : new Map<string, Manager>();
  const managers = sent.size > 0 ? sent : managersOf(before);
  // Whoever emptied the managedFields of an object does not want them tracked.
  if (before && managers.size === 0) return withManagers(after, managers);
  const recorded = record(request, managers);
  return isSameOwnership(recorded, managersOf(before))
    ? withManagers(after, managersOf(before))
    : withManagers(after, recorded);
};

/** The managers of an object of which nothing was known: all that it holds is one manager's. */
export const recordFirst = (request: Omit<UpdateRequest, 'before'>): Managers => record(request, new Map());

/** A list with one empty entry is how a client asks to forget all owners. */
const isReset = ({ metadata: { managedFields: [only, ...more] = [] } }: KubeObject): boolean =>
  only !== undefined && more.length === 0 && Object.keys(only).length === 0;

const record = (
  { schema, before, after, manager, now, subresource = '' }: UpdateRequest,
  managers: Managers,
): Managers => {
  const old = (before ?? emptyObject(schema)) as unknown as Json;
  const all = compare(schema.root, old, after as unknown as Json);
  const { added, modified, removed } = ignoring(all, outOfReach(schema, subresource));
  const taken = ownable(union(added, modified));
  const others = mapFields(managers, ({ fields }) =>
    ownable(difference(fields, union(union(added, modified), removed))),
  );
  if (isEmptySet(taken)) return others;
  const own = { name: manager, operation: 'Update', apiVersion: schema.apiVersion, subresource } as const;
  const earlier = others.get(identityOf(own));
  const fields = earlier ? union(earlier.fields, taken) : taken;
  return managersFrom([...others.values(), { ...own, time: now, fields }]);
};
