import type { Cluster } from '../cluster.js';
import { isSame } from '../schemas/json.js';
import type { KubeObject, Value } from '../schemas/kube-object.js';
import {
  changeAs,
  condition,
  createAs,
  fieldsOf,
  numberOf,
  ownedBy,
  ownerOf,
  setStatus,
  type Condition,
} from './control.js';
import { say } from './events.js';
import { templateHash } from './replica-sets.js';

const hashLabel = 'pod-template-hash';

const replicasOf = (object: KubeObject): number => numberOf(fieldsOf(object.spec).replicas, 1);
const count = (object: KubeObject, name: string): number => numberOf(fieldsOf(object.status)[name], 0);
const total = (sets: readonly KubeObject[], of: (set: KubeObject) => number): number =>
  sets.reduce((sum, set) => sum + of(set), 0);

/** A number of replicas, or a percentage of them. */
const portion = (value: unknown, of: number, round: (value: number) => number): number =>
  typeof value === 'string' && value.endsWith('%')
    ? round((Number.parseInt(value, 10) / 100) * of)
    : numberOf(value, 0);

const withHash = (template: Value, hash: string): Value => {
  const { metadata, ...rest } = fieldsOf(template);
  const labels = { ...fieldsOf(fieldsOf(metadata).labels), [hashLabel]: hash };
  return { ...rest, metadata: { ...fieldsOf(metadata), labels } };
};

const newSet = (cluster: Cluster, deployment: KubeObject, replicas: number): KubeObject => {
  const { name = '', namespace } = deployment.metadata;
  const spec = fieldsOf(deployment.spec);
  const hash = templateHash(spec.template);
  const selector = fieldsOf(spec.selector);
  return createAs(cluster, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace !== undefined && { namespace }),
      labels: { ...fieldsOf(fieldsOf(fieldsOf(spec.template).metadata).labels), [hashLabel]: hash },
      ownerReferences: [ownerOf(deployment)],
    },
    spec: {
      replicas,
      selector: { ...selector, matchLabels: { ...fieldsOf(selector.matchLabels), [hashLabel]: hash } },
      template: withHash(spec.template as Value, hash),
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
    },
  });
};

const sayScaled = (cluster: Cluster, deployment: KubeObject, set: KubeObject, from: number): void => {
  const to = replicasOf(set);
  if (to === from) return;
  const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name ?? ''} from ${from} to ${to}`;
  const component = 'deployment-controller';
  say(cluster, deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message, component });
};

const scale = (cluster: Cluster, deployment: KubeObject, set: KubeObject, replicas: number): void => {
  const from = replicasOf(set);
  if (from === replicas) return;
  const scaled = { ...set, spec: { ...fieldsOf(set.spec), replicas } };
  changeAs(cluster, set, scaled);
  sayScaled(cluster, deployment, scaled, from);
};

type Limits = { readonly surge: number; readonly unavailable: number; readonly isRecreate: boolean };

const limitsOf = (deployment: KubeObject): Limits => {
  const { type, rollingUpdate } = fieldsOf(fieldsOf(deployment.spec).strategy);
  const { maxSurge = '25%', maxUnavailable = '25%' } = fieldsOf(rollingUpdate);
  const wanted = replicasOf(deployment);
  const surge = portion(maxSurge, wanted, Math.ceil);
  const least = portion(maxUnavailable, wanted, Math.floor);
  return { surge, unavailable: surge === 0 && least === 0 ? 1 : least, isRecreate: type === 'Recreate' };
};

/** One step of a rollout: more of the new Pods as the surge allows, fewer of the old as enough are available. */
const roll = (
  cluster: Cluster,
  deployment: KubeObject,
  old: readonly KubeObject[],
  current: KubeObject | undefined,
): void => {
  const wanted = replicasOf(deployment);
  const { surge, unavailable, isRecreate } = limitsOf(deployment);
  const oldCount = total(old, replicasOf);
  if (isRecreate && total(old, (set) => count(set, 'replicas')) > 0) {
    for (const set of old) scale(cluster, deployment, set, 0);
    return;
  }
  const room = isRecreate ? wanted : Math.max(0, wanted + surge - oldCount);
  const fresh = Math.min(wanted, Math.max(room, current ? Math.min(replicasOf(current), wanted) : 0));
  if (!current) sayScaled(cluster, deployment, newSet(cluster, deployment, fresh), 0);
  else scale(cluster, deployment, current, fresh);
  const available = total([...old, ...(current ? [current] : [])], (set) => count(set, 'availableReplicas'));
  let spare = Math.max(0, available - (wanted - unavailable));
  for (const set of old) {
    const broken = replicasOf(set) - count(set, 'availableReplicas');
    const step = Math.min(replicasOf(set), Math.max(0, broken) + spare);
    spare -= Math.max(0, step - Math.max(0, broken));
    scale(cluster, deployment, set, replicasOf(set) - step);
  }
};

const progress = (
  deployment: KubeObject,
  isDone: boolean,
  name: string,
): { condition: Condition; waitMs?: number } => {
  const say = (status: 'True' | 'False', reason: string, message: string): Condition =>
    condition(deployment, { type: 'Progressing', status, reason, message });
  if (isDone)
    return {
      condition: say('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`),
    };
  const late = `ReplicaSet "${name}" has timed out progressing.`;
  const known = ((fieldsOf(deployment.status).conditions ?? []) as readonly Condition[]).find(
    (one) => one.type === 'Progressing',
  );
  const isSameRollout = fieldsOf(deployment.status).observedGeneration === deployment.metadata.generation;
  if (known?.reason === 'ProgressDeadlineExceeded' && isSameRollout) return { condition: known };
  const seconds = numberOf(fieldsOf(deployment.spec).progressDeadlineSeconds, 600);
  const next = say('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
  const since = isSameRollout ? Date.parse(next.lastUpdateTime ?? '') : Date.now();
  const waitMs = since + seconds * 1000 - Date.now();
  return waitMs > 0
    ? { condition: next, waitMs }
    : { condition: say('False', 'ProgressDeadlineExceeded', late) };
};

const writeStatus = (
  cluster: Cluster,
  deployment: KubeObject,
  sets: readonly KubeObject[],
  current: KubeObject | undefined,
): number | undefined => {
  const wanted = replicasOf(deployment);
  const available = total(sets, (set) => count(set, 'availableReplicas'));
  const replicas = total(sets, (set) => count(set, 'replicas'));
  const updated = current ? count(current, 'replicas') : 0;
  const isEnough = available >= wanted - limitsOf(deployment).unavailable;
  const isDone = updated === wanted && replicas === wanted && available === wanted;
  const progressing = progress(deployment, isDone, current?.metadata.name ?? '');
  const some = (name: string, value: number): object => (value > 0 ? { [name]: value } : {});
  setStatus(cluster, deployment, {
    observedGeneration: deployment.metadata.generation,
    ...some('replicas', replicas),
    ...some('updatedReplicas', updated),
    ...some(
      'readyReplicas',
      total(sets, (set) => count(set, 'readyReplicas')),
    ),
    ...some('availableReplicas', available),
    ...some('unavailableReplicas', Math.max(0, Math.max(wanted, replicas) - available)),
    conditions: [
      condition(deployment, {
        type: 'Available',
        status: isEnough ? 'True' : 'False',
        reason: isEnough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: `Deployment ${isEnough ? 'has' : 'does not have'} minimum availability.`,
      }),
      progressing.condition,
    ],
  });
  return progressing.waitMs;
};

/** Rolls a Deployment out by ReplicaSets; answers when to look again for its deadline. */
export const reconcileDeployment = (cluster: Cluster, deployment: KubeObject): number | undefined => {
  if (deployment.metadata.deletionTimestamp !== undefined) return undefined;
  const { template, paused } = fieldsOf(deployment.spec);
  const hash = templateHash(template);
  const isCurrent = (set: KubeObject): boolean => set.metadata.labels?.[hashLabel] === hash;
  const before = ownedBy(cluster, 'replicasets.apps', deployment);
  if (paused !== true)
    roll(
      cluster,
      deployment,
      before.filter((set) => !isCurrent(set)),
      before.find(isCurrent),
    );
  const sets = ownedBy(cluster, 'replicasets.apps', deployment);
  const { name = '', namespace } = deployment.metadata;
  const live = cluster.store.find('deployments.apps', namespace, name);
  return live && isSame(live.spec as Value, deployment.spec as Value)
    ? writeStatus(cluster, live, sets, sets.find(isCurrent))
    : undefined;
};
