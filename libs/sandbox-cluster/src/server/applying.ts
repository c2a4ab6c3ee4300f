import { applyObject } from '../ownership/apply-object.js';
import { timestamp } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { aboutOf, commitChanged, commitNew } from '../writes/commit.js';
import { failure, refuse, Refused, type Answer } from './answer.js';
import { isDryRun, managerOf, objectBody, placeOf, type Call } from './call.js';
import { inVersion } from './reading.js';

/** A write that presumes a state of the object is refused where it is another. */
export const checkPresumed = (call: Call, live: KubeObject, sent: KubeObject): void => {
  const { name } = live.metadata;
  const about = aboutOf(placeOf(call), name);
  const { resourceVersion, uid } = sent.metadata;
  if (
    resourceVersion !== undefined &&
    resourceVersion !== '' &&
    resourceVersion !== live.metadata.resourceVersion
  )
    refuse(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${call.address.id} "${name ?? ''}": the object has been modified; please apply your changes to the latest version and try again`,
      about,
    );
  if (uid === undefined || uid === live.metadata.uid) return;
  const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
  refuse(422, 'Invalid', `${live.kind} "${name ?? ''}" is invalid: metadata.uid: ${message}`, about, [
    { reason: 'FieldValueInvalid', message, field: 'metadata.uid' },
  ]);
};

/** Server-side apply. */
export const apply = (call: Call): Answer => {
  const { cluster, address, query } = call;
  const place = placeOf(call);
  const applied = objectBody(call);
  if (!query.get('fieldManager'))
    refuse(
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  if (applied.metadata.generateName !== undefined)
    refuse(400, 'BadRequest', 'metadata.generateName: an apply names its object');
  const name = address.name ?? '';
  const live = cluster.store.find(address.id, address.namespace, name);
  if (!live) checkAbsent(call, applied);
  const outcome = applyObject({
    schema: place.schema,
    ...(live && { live: inVersion(call, live) }),
    applied,
    manager: managerOf(call),
    force: query.get('force') === 'true',
    now: timestamp(),
    ...(address.subresource !== undefined && { subresource: address.subresource }),
  });
  if (!outcome.ok) throw new Refused(failure(outcome.refusal, aboutOf(place, name)));
  if (live) checkPresumed(call, live, applied);
  if (live && !outcome.changed) return { code: 200, body: inVersion(call, live) };
  const { object, isCreated } = live
    ? commitChanged(cluster, place, live, outcome.object, isDryRun(call))
    : commitNew(cluster, place, outcome.object, isDryRun(call));
  return { code: isCreated ? 201 : 200, body: inVersion(call, object) };
};

/** An object that is known by its uid, or of which only a part is written, is not created. */
const checkAbsent = (call: Call, { metadata }: KubeObject): void => {
  const { id, name = '', subresource } = call.address;
  const about = aboutOf(placeOf(call), name);
  if (subresource !== undefined) refuse(404, 'NotFound', `${id} "${name}" not found`, about);
  if (metadata.uid === undefined) return;
  refuse(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${id} "${name}": uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`,
    about,
  );
};
