import { timestamp, type Cluster } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { aboutOf, isFree } from '../writes/commit.js';
import { refuse, type Answer } from './answer.js';
import { isDryRun, jsonBody, placeOf, selectorOf, type Call } from './call.js';
import { inVersion, liveObject } from './reading.js';

type Options = {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: string;
};

const optionsOf = (call: Call): Options => {
  const sent = call.body === '' ? {} : ((jsonBody(call) ?? {}) as Options);
  const asked = call.query.get('propagationPolicy');
  return asked === null ? sent : { ...sent, propagationPolicy: asked };
};

const checkPreconditions = (call: Call, live: KubeObject, { preconditions = {} }: Options): void => {
  for (const name of ['uid', 'resourceVersion'] as const) {
    const wanted = preconditions[name];
    const is = live.metadata[name] ?? '';
    if (wanted === undefined || wanted === is) continue;
    const what = name === 'uid' ? 'UID' : 'ResourceVersion';
    refuse(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${call.address.id} "${live.metadata.name ?? ''}": Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${is}`,
      aboutOf(placeOf(call), live.metadata.name),
    );
  }
};

const withFinalizer = (live: KubeObject, policy: string | undefined): readonly string[] => {
  const own = live.metadata.finalizers ?? [];
  const word = { Foreground: 'foregroundDeletion', Orphan: 'orphan' }[policy ?? ''];
  return word === undefined || own.includes(word) ? own : [...own, word];
};

const terminating = (object: KubeObject): KubeObject =>
  object.apiVersion === 'v1' && object.kind === 'Namespace'
    ? { ...object, status: { phase: 'Terminating' } }
    : object;

/** Deletes an object, or marks it as being deleted where finalizers hold it. */
export const deleteObject = (
  { store }: Pick<Cluster, 'store'>,
  id: string,
  live: KubeObject,
  policy?: string,
): KubeObject => {
  const finalizers = withFinalizer(live, policy);
  const { deletionTimestamp = timestamp() } = live.metadata;
  const marked = terminating({
    ...live,
    metadata: {
      ...live.metadata,
      deletionTimestamp,
      deletionGracePeriodSeconds: 0,
      ...(finalizers.length > 0 && { finalizers }),
    },
  });
  if (isFree(marked)) return store.remove(id, live);
  const isKnown =
    live.metadata.deletionTimestamp !== undefined && finalizers.length === live.metadata.finalizers?.length;
  return isKnown ? live : store.put(id, marked);
};

/** DELETE of one object. */
export const remove = (call: Call): Answer => {
  const live = liveObject(call);
  const options = optionsOf(call);
  checkPreconditions(call, live, options);
  const { cluster, address } = call;
  const gone = isDryRun(call) ? live : deleteObject(cluster, address.id, live, options.propagationPolicy);
  if (cluster.store.find(address.id, address.namespace, address.name ?? ''))
    return { code: 200, body: inVersion(call, gone) };
  const { name, uid } = live.metadata;
  const details = { ...aboutOf(placeOf(call), name), uid };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
};

/** DELETE of all objects that are selected. */
export const removeCollection = (call: Call): Answer => {
  const { cluster, address } = call;
  const { propagationPolicy } = optionsOf(call);
  const chosen = cluster.store.list(address.id, address.namespace).filter(selectorOf(call));
  if (!isDryRun(call))
    for (const object of chosen) deleteObject(cluster, address.id, object, propagationPolicy);
  const items = chosen.map((object) => inVersion(call, object));
  const { kind } = address.resource;
  return { code: 200, body: { kind: `${kind}List`, apiVersion: address.apiVersion, metadata: {}, items } };
};
