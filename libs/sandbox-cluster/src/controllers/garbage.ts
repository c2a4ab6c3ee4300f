import type { Cluster } from '../cluster.js';
import { withoutMember } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { deleteObject } from '../server/deleting.js';
import type { Held } from '../storage/object-store.js';
import { changeAs } from './control.js';

const withoutOwner = (cluster: Cluster, { object }: Held, uid: string): void => {
  const rest = (object.metadata.ownerReferences ?? []).filter((one) => one.uid !== uid);
  const metadata = withoutMember(object.metadata, 'ownerReferences');
  changeAs(cluster, object, {
    ...object,
    metadata: { ...metadata, ...(rest.length > 0 && { ownerReferences: rest }) },
  });
};

/** Deletes what a deleted object owned, unless someone else owns it too. */
export const collectOrphans = (cluster: Cluster, owner: KubeObject): void => {
  const { uid = '' } = owner.metadata;
  for (const owned of cluster.store.ownedBy(uid))
    if ((owned.object.metadata.ownerReferences?.length ?? 0) > 1) withoutOwner(cluster, owned, uid);
    else if (owned.object.metadata.deletionTimestamp === undefined)
      deleteObject(cluster, owned.id, owned.object);
};

const release = (cluster: Cluster, object: KubeObject, finalizer: string): void => {
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  changeAs(cluster, object, { ...object, metadata: { ...object.metadata, finalizers } });
};

/** Carries a deletion in the foreground or one that orphans on: the dependents first, or without them. */
export const reconcileDeletion = (cluster: Cluster, object: KubeObject): void => {
  const { finalizers = [], deletionTimestamp, uid = '' } = object.metadata;
  if (deletionTimestamp === undefined) return;
  if (finalizers.includes('orphan')) {
    for (const owned of cluster.store.ownedBy(uid)) withoutOwner(cluster, owned, uid);
    release(cluster, object, 'orphan');
  } else if (finalizers.includes('foregroundDeletion')) {
    for (const { id, object: owned } of cluster.store.ownedBy(uid))
      if (owned.metadata.deletionTimestamp === undefined) deleteObject(cluster, id, owned, 'Foreground');
    if (cluster.store.ownedBy(uid).length === 0) release(cluster, object, 'foregroundDeletion');
  }
};

/** Deletes what is owned by objects that are gone: the process may have ended between the two. */
export const collectAbandoned = (cluster: Cluster): void => {
  const { store } = cluster;
  const all = store.resources().flatMap((id) => store.list(id));
  const known = new Set(all.map(({ metadata }) => metadata.uid));
  const owners = new Map(
    all.flatMap(({ metadata }) => metadata.ownerReferences ?? []).map((owner) => [owner.uid, owner] as const),
  );
  for (const { apiVersion, kind, name, uid } of owners.values())
    if (!known.has(uid)) collectOrphans(cluster, { apiVersion, kind, metadata: { name, uid } });
};
