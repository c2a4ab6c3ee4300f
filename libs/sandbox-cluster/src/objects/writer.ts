import { randomInt } from 'node:crypto';

import type { Json } from '@syncline/kernel';

import { applyObject } from '../ownership/apply-object.js';
import { keepOutOfReach } from '../ownership/reach.js';
import { recordUpdate } from '../ownership/record-update.js';
import { patchObject, type Patch } from '../patches/patch-object.js';
import { isSame } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { readBody } from '../schemas/read-body.js';
import type { Store } from '../storage/store.js';
import type { Served } from './kinds.js';
import { created, now, updated } from './prepare.js';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  notFound,
  refusedAbout,
  Refused,
  staleVersion,
} from './refused.js';
import { validate } from './validate.js';

/** Which object a request means. */
export type Target = {
  readonly served: Served;
  readonly namespace?: string | undefined;
  readonly name: string;
};

/** Who writes, and how. */
export type Writing = {
  readonly manager: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly subresource?: string | undefined;
};

/** What a write left, and whether it made the object. */
export type Written = { readonly object: KubeObject; readonly isNew: boolean };

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters that make a name of its own. */
export const randomSuffix = (): string =>
  Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');

const named = ({ namespace, name }: Target, body: KubeObject): KubeObject => ({
  ...body,
  metadata: { ...body.metadata, name, ...(namespace !== undefined && { namespace }) },
});

/** Writes objects as the API server does: each write is read, judged, owned and stored in one step. */
export class Writer {
  constructor(private readonly store: Store) {}

  find({ served, namespace, name }: Target): KubeObject {
    const found = this.store.find({ collection: served.collection, namespace, name });
    if (!found) throw notFound(served, name);
    return found;
  }

  create(target: Omit<Target, 'name'>, body: KubeObject, writing: Writing): KubeObject {
    const { served, namespace } = target;
    const { name: given = '', generateName = '' } = body.metadata;
    if (given === '' && generateName === '') throw invalid(served, '', [{ reason: 'FieldValueRequired', field: 'metadata.name', message: 'Required value: name or generateName is required' }]); // prettier-ignore
    const name = given === '' ? `${generateName.slice(0, 58)}${randomSuffix()}` : given;
    const at = { ...target, name };
    checkIdentity(at, body);
    if (body.metadata.resourceVersion !== undefined && body.metadata.resourceVersion !== '')
      throw badRequest('resourceVersion should not be set on objects to be created');
    this.#checkNamespace(served, namespace);
    if (this.store.find({ collection: served.collection, namespace, name }))
      throw alreadyExists(served, name);
    const read = this.#read(at, keepOutOfReach(served.schema, '', undefined, named(at, body)));
    const { schema } = served;
    return this.#finish(
      at,
      undefined,
      recordUpdate({ schema, after: read, manager: writing.manager, now: now() }),
      writing,
    ).object;
  }

  /** Replaces an object, as PUT. */
  replace(target: Target, body: KubeObject, writing: Writing): Written {
    checkIdentity(target, body);
    const before = this.find(target);
    return this.#update(target, before, named(target, body), writing);
  }

  patch(target: Target, patch: Patch, writing: Writing): Written {
    const before = this.find(target);
    const patched = patchObject(target.served.schema, before, patch);
    if (!patched.ok) throw refusedAbout(target.served, target.name, patched.refusal);
    checkIdentity(target, patched.object);
    return this.#update(target, before, named(target, patched.object), writing);
  }

  /** Server-side apply. A conflict of fields is told before one of versions, as the real server does. */
  apply(target: Target, body: KubeObject, writing: Writing): Written {
    const { served, namespace, name } = target;
    const live = this.store.find({ collection: served.collection, namespace, name });
    const { uid, resourceVersion = '', generateName } = body.metadata;
    if (generateName !== undefined) throw badRequest('metadata.generateName must not be set for an apply');
    checkIdentity(target, body);
    if (!live && uid !== undefined)
      throw conflict(
        served,
        name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      );
    if (!live && writing.subresource !== undefined) throw notFound(served, name);
    const { subresource, manager, force = false } = writing;
    const outcome = applyObject({
      schema: served.schema, ...(live && { live: versioned(served, live) }), applied: named(target, body), manager, force, now: now(),
      ...(subresource !== undefined && { subresource }),
    }); // prettier-ignore
    if (!outcome.ok) throw refusedAbout(served, name, outcome.refusal);
    if (!live) this.#checkNamespace(served, namespace);
    else if (resourceVersion !== '' && resourceVersion !== live.metadata.resourceVersion)
      throw staleVersion(served, name);
    else checkUid(target, live, uid);
    if (live && !outcome.changed) return { object: live, isNew: false };
    return this.#finish(target, live, outcome.object, writing);
  }

  /** Stores another status of an object, as a controller. */
  writeStatus(target: Target, object: KubeObject, manager: string): KubeObject {
    return this.#update(target, this.find(target), object, { manager, subresource: 'status' }).object;
  }

  #update(target: Target, before: KubeObject, body: KubeObject, writing: Writing): Written {
    const { served, name } = target;
    const { resourceVersion = '', uid } = body.metadata;
    if (resourceVersion !== '' && resourceVersion !== before.metadata.resourceVersion)
      throw staleVersion(served, name);
    checkUid(target, before, uid);
    const { schema } = served;
    const { subresource, manager } = writing;
    const after = keepOutOfReach(schema, subresource ?? '', before, this.#read(target, body));
    const owned = recordUpdate({
      schema,
      before,
      after,
      manager,
      now: now(),
      ...(subresource !== undefined && { subresource }),
    });
    return this.#finish(target, before, owned, writing);
  }

  #read({ served, name }: Target, body: KubeObject): KubeObject {
    const read = readBody(served.schema, body);
    if (!read.ok) throw refusedAbout(served, name, read.refusal);
    return read.object;
  }

  #finish(
    { served, name }: Target,
    before: KubeObject | undefined,
    next: KubeObject,
    { dryRun = false }: Writing,
  ): Written {
    const object = before ? updated(served, this.store, before, next) : created(served, this.store, next);
    validate(served, object, before);
    void name;
    if (before && isSame(before as unknown as Json, object as unknown as Json))
      return { object: before, isNew: false };
    if (dryRun) return { object, isNew: !before };
    const isDone = object.metadata.deletionTimestamp !== undefined && !isHeld(object);
    const stored = isDone
      ? this.store.remove(served.collection, object)
      : this.store.put(served.collection, object);
    return { object: stored, isNew: !before };
  }

  #checkNamespace({ namespaced, kind, plural, group }: Served, namespace: string | undefined): void {
    if (!namespaced || namespace === undefined) return;
    const found = this.store.find({ collection: '/namespaces', name: namespace });
    if (!found) throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const causes = [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ];
    throw new Refused(
      { code: 403, reason: 'Forbidden', message: `${plural} of kind ${kind} is forbidden: ${why}`, causes },
      { group, kind: plural },
    );
  }
}

/** Whether finalizers, its own or those of a namespace, keep an object that is being deleted. */
export const isHeld = (object: KubeObject): boolean => {
  const { finalizers = [] } = object.metadata;
  const held =
    object.kind === 'Namespace' && object.apiVersion === 'v1'
      ? (object.spec as { finalizers?: readonly string[] } | undefined)?.finalizers
      : [];
  return finalizers.length + (held ?? []).length > 0;
};

/** The object in the version that is asked for. */
export const versioned = ({ groupVersion }: Served, object: KubeObject): KubeObject =>
  object.apiVersion === groupVersion ? object : { ...object, apiVersion: groupVersion };

const checkUid = ({ served, name }: Target, live: KubeObject, uid: string | undefined): void => {
  if (uid === undefined || uid === '' || uid === live.metadata.uid) return;
  const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
  throw invalid(served, name, [{ reason: 'FieldValueInvalid', field: 'metadata.uid', message }]);
};

const checkIdentity = (
  { served, namespace, name }: Target,
  { apiVersion, kind, metadata }: KubeObject,
): void => {
  if (apiVersion !== served.groupVersion || kind !== served.kind)
    throw badRequest(
      `the kind in the body (${apiVersion}, ${kind}) is not that of the request (${served.groupVersion}, ${served.kind})`,
    );
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== name)
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  const given = metadata.namespace ?? '';
  if (given !== '' && given !== (namespace ?? ''))
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
};
