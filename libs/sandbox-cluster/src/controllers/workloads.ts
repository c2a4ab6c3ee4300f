import { timestamp, type Cluster } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { deleteObject } from '../server/deleting.js';
import { condition, createAs, fieldsOf, numberOf, ownedBy, setStatus, type Fields } from './control.js';
import { createPod, isReady } from './pods.js';
import { templateHash } from './replica-sets.js';

const revisionLabel = 'controller-revision-hash';

const withLabel = (template: Fields, label: string, value: string): Fields => {
  const metadata = fieldsOf(template.metadata);
  return { ...template, metadata: { ...metadata, labels: { ...fieldsOf(metadata.labels), [label]: value } } };
};

const revisionOf = (owner: KubeObject): string =>
  `${owner.metadata.name ?? ''}-${templateHash(fieldsOf(owner.spec).template)}`;

const isOf =
  (revision: string) =>
  ({ metadata }: KubeObject): boolean =>
    metadata.labels?.[revisionLabel] === revision;

/** Creates the claims of one Pod of a StatefulSet that are not there yet. */
const createClaims = (cluster: Cluster, set: KubeObject, pod: string): void => {
  const templates = (fieldsOf(set.spec).volumeClaimTemplates ?? []) as readonly KubeObject[];
  for (const { metadata, spec } of templates) {
    const { namespace } = set.metadata;
    const name = `${metadata.name ?? ''}-${pod}`;
    if (cluster.store.find('persistentvolumeclaims', namespace, name)) continue;
    const { labels } = fieldsOf(fieldsOf(set.spec).selector) as { labels?: Record<string, string> };
    const own = { name, ...(namespace !== undefined && { namespace }), ...(labels && { labels }) };
    createAs(cluster, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: own, spec });
  }
};

/** One step of a StatefulSet: the next Pod in order, or the last one of an older revision goes once all are ready. */
const step = (cluster: Cluster, set: KubeObject, pods: readonly KubeObject[], revision: string): void => {
  const spec = fieldsOf(set.spec);
  const { name = '' } = set.metadata;
  const wanted = Array.from({ length: numberOf(spec.replicas, 1) }, (_one, index) => `${name}-${index}`);
  const inOrder = spec.podManagementPolicy !== 'Parallel';
  const surplus = pods.filter((pod) => !wanted.includes(pod.metadata.name ?? ''));
  for (const pod of surplus) deleteObject(cluster, 'pods', pod);
  for (const podName of wanted) {
    const pod = pods.find(({ metadata }) => metadata.name === podName);
    if (!pod) {
      createClaims(cluster, set, podName);
      const labelled = withLabel(fieldsOf(spec.template), revisionLabel, revision);
      createPod(cluster, set, withLabel(labelled, 'statefulset.kubernetes.io/pod-name', podName), podName);
    }
    if (inOrder && !(pod && isReady(pod))) return;
  }
  if (fieldsOf(spec.updateStrategy).type === 'OnDelete') return;
  const partition = numberOf(fieldsOf(fieldsOf(spec.updateStrategy).rollingUpdate).partition, 0);
  const touched = wanted.slice(partition).toReversed();
  const old = touched
    .map((one) => pods.find((pod) => pod.metadata.name === one))
    .find((pod) => pod && !isOf(revision)(pod));
  if (old && pods.every(isReady)) deleteObject(cluster, 'pods', old);
};

/** Keeps a StatefulSet's Pods, in order. */
export const reconcileStatefulSet = (cluster: Cluster, set: KubeObject): void => {
  if (set.metadata.deletionTimestamp !== undefined) return;
  const updateRevision = revisionOf(set);
  step(cluster, set, ownedBy(cluster, 'pods', set), updateRevision);
  const pods = ownedBy(cluster, 'pods', set);
  const updated = pods.filter(isOf(updateRevision)).length;
  const ready = pods.filter(isReady).length;
  const isDone = updated === numberOf(fieldsOf(set.spec).replicas, 1);
  const last = fieldsOf(set.status).currentRevision ?? updateRevision;
  setStatus(cluster, set, {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    ...(ready > 0 && { readyReplicas: ready }),
    availableReplicas: ready,
    ...(updated > 0 && { updatedReplicas: updated }),
    currentRevision: isDone ? updateRevision : last,
    updateRevision,
    collisionCount: 0,
  });
};

/** The sandbox has one node, so a DaemonSet has one Pod. */
export const reconcileDaemonSet = (cluster: Cluster, set: KubeObject): void => {
  if (set.metadata.deletionTimestamp !== undefined) return;
  const revision = revisionOf(set);
  for (const pod of ownedBy(cluster, 'pods', set))
    if (!isOf(revision)(pod) && fieldsOf(fieldsOf(set.spec).updateStrategy).type !== 'OnDelete')
      deleteObject(cluster, 'pods', pod);
  const { name = '' } = set.metadata;
  if (ownedBy(cluster, 'pods', set).length === 0)
    createPod(
      cluster,
      set,
      withLabel(fieldsOf(fieldsOf(set.spec).template), revisionLabel, revision),
      `${name}-sandbox`,
    );
  const pods = ownedBy(cluster, 'pods', set);
  const ready = pods.filter(isReady).length;
  setStatus(cluster, set, {
    currentNumberScheduled: pods.length,
    desiredNumberScheduled: 1,
    numberMisscheduled: 0,
    numberReady: ready,
    observedGeneration: set.metadata.generation,
    updatedNumberScheduled: pods.filter(isOf(revision)).length,
    ...(ready > 0 ? { numberAvailable: ready } : { numberUnavailable: 1 }),
  });
};

/** Runs a Job's Pods, as many at once as it allows, until enough have succeeded. */
export const reconcileJob = (cluster: Cluster, job: KubeObject): void => {
  const spec = fieldsOf(job.spec);
  const status = fieldsOf(job.status);
  if (
    job.metadata.deletionTimestamp !== undefined ||
    spec.suspend === true ||
    status.completionTime !== undefined
  )
    return;
  const parallelism = numberOf(spec.parallelism, 1);
  const wanted = numberOf(spec.completions, parallelism);
  const pods = ownedBy(cluster, 'pods', job);
  const succeeded = pods.filter((pod) => fieldsOf(pod.status).phase === 'Succeeded').length;
  const active = pods.length - succeeded;
  const starting = Math.max(0, Math.min(parallelism - active, wanted - succeeded - active));
  for (let index = 0; index < starting; index += 1)
    createPod(
      cluster,
      job,
      fieldsOf(spec.template),
      `${job.metadata.name ?? ''}-${templateHash([pods.length + index]).slice(0, 5)}`,
    );
  const { startTime = timestamp() } = status;
  const isDone = succeeded >= wanted;
  const said = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
  setStatus(cluster, job, {
    startTime,
    ...(succeeded > 0 && { succeeded }),
    ...(!isDone && { active: active + starting }),
    ready: 0,
    terminating: 0,
    ...(isDone && {
      completionTime: timestamp(),
      conditions: (['SuccessCriteriaMet', 'Complete'] as const).map((type) =>
        condition(job, { type, status: 'True', ...said }),
      ),
    }),
  });
};
