import type { Json } from '@syncline/kernel';

import { checkCustom } from '../schemas/check-custom.js';
import { completed, emptyObject } from '../schemas/completed.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { isSame } from '../schemas/json.js';
import { compare, ignoring } from './compare.js';
import { conflictRefusal, type Conflict } from './conflict.js';
import { difference, emptySet, intersection, isEmptySet, union } from './field-set.js';
import {
  identityOf,
  isSameOwnership,
  managersOf,
  mapFields,
  withManagers,
  type Manager,
  type Managers,
} from './managers.js';
import { merge } from './merge.js';
import type { ApplyOutcome, ApplyRequest } from './operations.js';
import { prune } from './prune.js';
import { keepOutOfReach } from './reach.js';
import { recordFirst } from './record-update.js';
import { outOfReach, ownable, withinReach } from './unowned.js';
import { checkApplied } from './check-applied.js';
import { fieldsOf } from './value-fields.js';

const asJson = (object: object): Json => object as Json;

/** Decides one server-side apply: what becomes of the object and who owns it then (KEP-555). */
export const applyObject = (request: ApplyRequest): ApplyOutcome => {
  const refusal = checkApplied(request.schema, request.applied);
  if (refusal) return { ok: false, refusal };
  const live = plainLive(request);
  const before = managersBefore(request);
  const merged = mergedWith(request, live, before);
  const compared = comparedWith(request, live, merged.value);
  const changing = union(compared.added, compared.modified);
  const others = [...merged.managers]
    .filter(([identity]) => identity !== merged.self)
    .map(([, manager]) => manager);
  const conflicts = others.flatMap((manager): Conflict[] => {
    const fields = intersection(manager.fields, changing);
    return isEmptySet(fields) ? [] : [{ with: manager, fields }];
  });
  if (conflicts.length > 0 && !request.force) return { ok: false, refusal: conflictRefusal(conflicts) };
  const lost = union(changing, compared.removed);
  const managers = mapFields(merged.managers, ({ fields }, identity) =>
    ownable(identity === merged.self ? fields : difference(fields, lost)),
  );
  return finish(request, live, merged.value, { before, managers, self: merged.self });
};

/** The live object without its managedFields; where there is none, what an empty one holds. */
const plainLive = ({ schema, live }: ApplyRequest): KubeObject => {
  if (!live) return emptyObject(schema);
  return withManagers(live, new Map());
};

/** An object that nobody is known to own was written by someone: `before-first-apply`. */
const managersBefore = (request: ApplyRequest): Managers => {
  const managers = managersOf(request.live);
  if (managers.size > 0 || !request.live) return managers;
  const { live: after, schema, now } = request;
  return recordFirst({ schema, after, manager: 'before-first-apply', now });
};

type Merged = { readonly value: KubeObject; readonly managers: Managers; readonly self: string };

/** The live object with the applied one laid over it, and without what the applier set before and sets no more. */
const mergedWith = (request: ApplyRequest, live: KubeObject, before: Managers): Merged => {
  const { schema, applied, manager: name, subresource = '' } = request;
  const fields = withinReach(schema, subresource, fieldsOf(schema.root, asJson(applied)));
  const own: Manager = { name, operation: 'Apply', apiVersion: schema.apiVersion, subresource, fields };
  const self = identityOf(own);
  const last = before.get(self);
  const time = last?.time === undefined ? {} : { time: last.time };
  const managers = new Map([...before, [self, { ...own, ...time }]]);
  const laid = merge(schema.root, asJson(live), asJson(applied)) ?? asJson(applied);
  const held = [...managers.values()].map((one) => one.fields).reduce(union, emptySet);
  const value = prune(schema.root, laid, last?.fields ?? emptySet, held);
  return { value: value as unknown as KubeObject, managers, self };
};

const comparedWith = ({ schema, subresource = '' }: ApplyRequest, live: KubeObject, value: KubeObject) =>
  ignoring(compare(schema.root, asJson(live), asJson(value)), outOfReach(schema, subresource));

type Ownership = { readonly before: Managers; readonly managers: Managers; readonly self: string };

const finish = (
  request: ApplyRequest,
  live: KubeObject,
  value: KubeObject,
  ownership: Ownership,
): ApplyOutcome => {
  const { schema, now, subresource = '' } = request;
  const { managers, self } = ownership;
  const own = managers.get(self);
  const isMoved = !isSame(asJson(live), asJson(value));
  const timed = own && isMoved ? new Map([...managers, [self, { ...own, time: now }]]) : managers;
  const kept = keepOutOfReach(schema, subresource, request.live, value);
  const refusal = checkCustom(schema, kept);
  if (refusal) return { ok: false, refusal };
  const object = completed(schema, kept);
  const isSameObject = request.live !== undefined && isSame(asJson(live), asJson(object));
  if (request.live && isSameObject && isSameOwnership(managersOf(request.live), timed))
    return { ok: true, object: request.live, changed: false };
  return { ok: true, object: withManagers(object, timed), changed: true };
};
