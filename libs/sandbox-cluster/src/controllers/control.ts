import { timestamp, type Cluster } from '../cluster.js';
import { recordUpdate } from '../ownership/record-update.js';
import { isSame, withoutMember } from '../schemas/json.js';
import type { KubeObject, Value } from '../schemas/kube-object.js';
import { completed } from '../schemas/completed.js';
import { resourceId } from '../server/address.js';
import { commitChanged, commitNew, type Place } from '../writes/commit.js';

/** The fields of a part of an object. */
export type Fields = Readonly<Record<string, unknown>>;

/** A condition as controllers write it. */
export type Condition = {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastUpdateTime?: string;
};

const manager = 'kube-controller-manager';

export const fieldsOf = (value: unknown): Fields => (value ?? {}) as Fields;

export const numberOf = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;

/** Where objects of a kind are stored. */
export const placeOfKind = (
  { schemas }: Cluster,
  apiVersion: string,
  kind: string,
  namespace: string | undefined,
): Place => {
  const schema = schemas.find(apiVersion, kind);
  const resource = schemas
    .groupVersions()
    .get(apiVersion)
    ?.find((one) => one.kind === kind && !one.name.includes('/'));
  if (!schema || !resource) throw new Error(`${apiVersion} ${kind} is not served`);
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return { schema, id: resourceId(resource.name, group), group, plural: resource.name, namespace };
};

const placeOf = (cluster: Cluster, { apiVersion, kind, metadata }: KubeObject): Place =>
  placeOfKind(cluster, apiVersion, kind, metadata.namespace);

/** Creates an object as a controller does. */
export const createAs = (cluster: Cluster, object: KubeObject): KubeObject => {
  const place = placeOf(cluster, object);
  const after = withoutMember(completed(place.schema, object), 'status');
  const recorded = recordUpdate({ schema: place.schema, after, manager, now: timestamp() });
  return commitNew(cluster, place, recorded, false).object;
};

/** Changes an object as a controller does. */
export const changeAs = (
  cluster: Cluster,
  before: KubeObject,
  after: KubeObject,
  subresource?: string,
): void => {
  const place = placeOf(cluster, before);
  const { schema } = place;
  const recorded = recordUpdate({
    schema,
    before,
    after,
    manager,
    now: timestamp(),
    ...(subresource !== undefined && { subresource }),
  });
  commitChanged(cluster, place, before, recorded, false);
};

/** Writes a status where it is another; values that are undefined are left out. */
export const setStatus = (cluster: Cluster, object: KubeObject, status: Fields): void => {
  const plain = JSON.parse(JSON.stringify(status)) as Value;
  if (isSame(plain, object.status as Value | undefined)) return;
  changeAs(cluster, object, { ...object, status: plain }, 'status');
};

/** A condition that keeps its times while it says the same. */
export const condition = (object: KubeObject, next: Condition): Condition => {
  const known = (fieldsOf(object.status).conditions ?? []) as readonly Condition[];
  const last = known.find((one) => one.type === next.type);
  const now = timestamp();
  const isMoved = last?.status !== next.status;
  const isSaid = !isMoved && last.reason === next.reason;
  return {
    ...next,
    lastTransitionTime: isMoved ? now : (last.lastTransitionTime ?? now),
    ...(next.type !== 'Progressing' && next.type !== 'Available'
      ? {}
      : { lastUpdateTime: isSaid ? (last.lastUpdateTime ?? now) : now }),
  };
};

/** The reference by which an object's controller owns another. */
export const ownerOf = ({ apiVersion, kind, metadata }: KubeObject) => ({
  apiVersion,
  kind,
  name: metadata.name ?? '',
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

/** The objects of a resource that a controller owns. */
export const ownedBy = ({ store }: Cluster, id: string, owner: KubeObject): readonly KubeObject[] =>
  store.ownedBy(owner.metadata.uid ?? '').flatMap((held) => (held.id === id ? held.object : []));
