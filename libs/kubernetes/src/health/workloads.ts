import type { KubeObject } from '../objects/kube-object.js';
import {
  counting, current, failed, findCondition, firstOf, hasStatus, inProgress, isSet, said, specNumber, statusNumber, suspended,
  text, type Rule, type Verdict,
} from './verdict.js'; // prettier-ignore

const replicas = (object: KubeObject): number => specNumber(object, 'replicas', 1);
const count =
  (path: string) =>
  (object: KubeObject): number =>
    statusNumber(object, path);

/** The old Pods of a rollout are still there. */
const surplus: Rule = (object) => {
  const extra = statusNumber(object, 'replicas') - replicas(object);
  return extra > 0 ? inProgress(`${extra} more than wanted are still to end`) : undefined;
};

/** Without a deadline the controller never says that a rollout is done. */
const hasDeadline = (object: KubeObject): boolean =>
  specNumber(object, 'progressDeadlineSeconds', Number.MAX_SAFE_INTEGER) < 2_147_483_647;

const deploymentRules: readonly Rule[] = [
  (object) => (isSet(object, 'paused') ? suspended('paused') : undefined),
  (object) => {
    const progressing = findCondition(object, 'Progressing');
    return progressing?.reason === 'ProgressDeadlineExceeded'
      ? failed(said(progressing, 'its progress deadline is exceeded'))
      : undefined;
  },
  counting('created', count('replicas'), replicas),
  counting('updated', count('updatedReplicas'), replicas),
  surplus,
  counting('available', count('availableReplicas'), count('updatedReplicas')),
  counting('ready', count('readyReplicas'), replicas),
  (object) =>
    hasDeadline(object) && findCondition(object, 'Progressing', 'True')?.reason !== 'NewReplicaSetAvailable'
      ? inProgress('its ReplicaSet is not available yet')
      : undefined,
  (object) => (findCondition(object, 'Available', 'True') ? undefined : inProgress('not available yet')),
];

/** kstatus: the rollout is done when every replica is updated, available and ready, and the controller says so. */
export const deploymentHealth = (object: KubeObject): Verdict =>
  firstOf(object, deploymentRules) ?? current(`${replicas(object)} available`);

/** How many replicas a rolling update with a partition touches; all of them without one. */
const toUpdate = (object: KubeObject): number =>
  Math.max(0, replicas(object) - specNumber(object, 'updateStrategy.rollingUpdate.partition', 0));

const statefulSetRules: readonly Rule[] = [
  counting('created', count('replicas'), replicas),
  counting('ready', count('readyReplicas'), replicas),
  surplus,
  (object) =>
    text(object, 'spec', 'updateStrategy.type') === 'OnDelete'
      ? current(`${replicas(object)} ready; Pods are updated when they are deleted`)
      : undefined,
  counting('updated', count('updatedReplicas'), toUpdate),
  (object) => {
    const isPartial = toUpdate(object) < replicas(object);
    const isSame = text(object, 'status', 'currentRevision') === text(object, 'status', 'updateRevision');
    return isPartial || isSame ? undefined : inProgress('the update is not finished');
  },
];

/** kstatus: all ready, and as many updated as the partition wants. */
export const statefulSetHealth = (object: KubeObject): Verdict =>
  firstOf(object, statefulSetRules) ?? current(`${replicas(object)} ready`);

const desired = count('desiredNumberScheduled');

const daemonSetRules: readonly Rule[] = [
  (object) =>
    hasStatus(object, 'observedGeneration') ? undefined : inProgress('not yet seen by its controller'),
  counting('scheduled', count('currentNumberScheduled'), desired),
  counting('updated', count('updatedNumberScheduled'), desired),
  counting('available', count('numberAvailable'), desired),
  counting('ready', count('numberReady'), desired),
];

/** kstatus: on every node that wants one, updated and ready. */
export const daemonSetHealth = (object: KubeObject): Verdict =>
  firstOf(object, daemonSetRules) ?? current(`on ${desired(object)} nodes`);

const replicaSetRules: readonly Rule[] = [
  (object) => {
    const failure = findCondition(object, 'ReplicaFailure', 'True');
    return failure && inProgress(said(failure, 'Pods cannot be created'));
  },
  counting('labelled', count('fullyLabeledReplicas'), replicas),
  counting('available', count('availableReplicas'), replicas),
  counting('ready', count('readyReplicas'), replicas),
  surplus,
];

/** kstatus: as many available as wanted. ReplicationControllers are judged alike. */
export const replicaSetHealth = (object: KubeObject): Verdict =>
  firstOf(object, replicaSetRules) ?? current(`${replicas(object)} available`);
