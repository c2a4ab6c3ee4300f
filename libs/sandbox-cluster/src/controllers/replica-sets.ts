import { createHash, randomBytes } from 'node:crypto';

import { canonicalJson } from '@syncline/kernel';

import type { Cluster } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { deleteObject } from '../server/deleting.js';
import { fieldsOf, numberOf, ownedBy, setStatus } from './control.js';
import { createPod, isReady } from './pods.js';

/** A short name of a template: the same for the same template. */
export const templateHash = (template: unknown): string =>
  createHash('sha256')
    .update(canonicalJson(template ?? {}))
    .digest('hex')
    .slice(0, 10);

/** Keeps as many Pods as a ReplicaSet wants; the ones that are not ready go first. */
export const reconcileReplicaSet = (cluster: Cluster, set: KubeObject): void => {
  if (set.metadata.deletionTimestamp !== undefined) return;
  const spec = fieldsOf(set.spec);
  const wanted = numberOf(spec.replicas, 1);
  const pods = ownedBy(cluster, 'pods', set);
  for (let count = pods.length; count < wanted; count += 1)
    createPod(
      cluster,
      set,
      fieldsOf(spec.template),
      `${set.metadata.name ?? ''}-${randomBytes(3).toString('hex').slice(0, 5)}`,
    );
  const leaving = [...pods]
    .sort((a, b) => Number(isReady(a)) - Number(isReady(b)))
    .slice(0, Math.max(0, pods.length - wanted));
  for (const pod of leaving) deleteObject(cluster, 'pods', pod);
  const own = ownedBy(cluster, 'pods', set);
  const ready = own.filter(isReady).length;
  const live = cluster.store.find('replicasets.apps', set.metadata.namespace, set.metadata.name ?? '');
  if (!live) return;
  setStatus(cluster, live, {
    replicas: own.length,
    ...(own.length > 0 && { fullyLabeledReplicas: own.length }),
    ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
    observedGeneration: live.metadata.generation,
  });
};
