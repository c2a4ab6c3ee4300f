import { randomBytes } from 'node:crypto';

import { timestamp } from '../cluster.js';
import { recordUpdate } from '../ownership/record-update.js';
import { patchObject, type Patch } from '../patches/patch-object.js';
import { withoutMember } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { readBody } from '../schemas/read-body.js';
import { aboutOf, commitChanged, commitNew } from '../writes/commit.js';
import { failure, refuse, Refused, type Answer } from './answer.js';
import { checkPresumed } from './applying.js';
import { isDryRun, jsonBody, managerOf, objectBody, placeOf, schemaOf, type Call } from './call.js';
import { inVersion, liveObject } from './reading.js';

/** A body as it would be stored; unknown fields are refused where the client wants that. */
const read = (call: Call, sent: KubeObject): KubeObject => {
  const body = readBody(schemaOf(call), sent);
  const about = aboutOf(placeOf(call), sent.metadata.name);
  if (!body.ok) throw new Refused(failure(body.refusal, about));
  if (body.unknown.length > 0 && call.query.get('fieldValidation') === 'Strict') {
    const said = body.unknown.map((path) => `unknown field "${path}"`).join(', ');
    refuse(400, 'BadRequest', `strict decoding error: ${said}`, about);
  }
  return body.object;
};

const withName = ({ metadata, ...rest }: KubeObject): KubeObject => {
  const { generateName, name } = metadata;
  const made =
    name ?? (generateName ? `${generateName}${randomBytes(3).toString('hex').slice(0, 5)}` : undefined);
  if (made === undefined)
    return refuse(422, 'Invalid', 'metadata.name: Required value: name or generateName is required');
  return { ...rest, metadata: { ...metadata, name: made } };
};

/** POST: a new object. */
export const create = (call: Call): Answer => {
  const { cluster, address } = call;
  const place = placeOf(call);
  const sent = withName(read(call, objectBody(call)));
  const name = sent.metadata.name ?? '';
  if (sent.metadata.resourceVersion)
    refuse(400, 'BadRequest', 'resourceVersion should not be set on objects to be created');
  if (cluster.store.find(address.id, address.namespace, name))
    refuse(409, 'AlreadyExists', `${address.id} "${name}" already exists`, aboutOf(place, name));
  const { status, ...rest } = sent;
  const after = place.schema.hasStatus || status === undefined ? rest : { ...rest, status };
  const recorded = recordUpdate({ schema: place.schema, after, manager: managerOf(call), now: timestamp() });
  return { code: 201, body: inVersion(call, commitNew(cluster, place, recorded, isDryRun(call)).object) };
};

/** The parts of an update that its address lets through: the status alone, or all but the status. */
const withinReach = (call: Call, live: KubeObject, sent: KubeObject): KubeObject => {
  const { hasStatus } = schemaOf(call);
  const rest = withoutMember(sent, 'status');
  const { status: was, ...kept } = live;
  if (call.address.subresource === 'status')
    return { ...kept, ...(sent.status !== undefined && { status: sent.status }) };
  if (!hasStatus) return sent;
  return { ...rest, ...(was !== undefined && { status: was }) };
};

const store = (call: Call, live: KubeObject, sent: KubeObject): Answer => {
  checkPresumed(call, live, sent);
  const { cluster, address } = call;
  const place = placeOf(call);
  const before = inVersion(call, live);
  const after = withinReach(call, before, sent);
  const subresource = address.subresource;
  const recorded = recordUpdate({
    schema: place.schema,
    before,
    after,
    manager: managerOf(call),
    now: timestamp(),
    ...(subresource !== undefined && { subresource }),
  });
  const { object } = commitChanged(cluster, place, live, recorded, isDryRun(call));
  return { code: 200, body: inVersion(call, object) };
};

/** PUT: an object in place of the one that is there. */
export const update = (call: Call): Answer => {
  const live = liveObject(call);
  return store(call, live, read(call, objectBody(call)));
};

/** PATCH by a JSON, merge or strategic merge patch. */
export const patch =
  (type: Patch['type']) =>
  (call: Call): Answer => {
    const live = liveObject(call);
    const body = jsonBody(call);
    const patched = patchObject(schemaOf(call), inVersion(call, live), { type, body });
    if (!patched.ok) throw new Refused(failure(patched.refusal, aboutOf(placeOf(call), live.metadata.name)));
    return store(call, live, read(call, patched.object));
  };
