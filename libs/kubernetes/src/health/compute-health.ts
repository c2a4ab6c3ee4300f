import { groupOf, type KubeObject } from '../objects/kube-object.js';
import {
  apiServiceHealth, autoscalerHealth, claimHealth, cronJobHealth, definitionHealth, genericHealth, jobHealth, serviceHealth, volumeHealth,
} from './kinds.js'; // prettier-ignore
import { podHealth } from './pods.js';
import {
  failed,
  findCondition,
  firstOf,
  hasStatus,
  inProgress,
  said,
  statusNumber,
  type Rule,
  type Verdict,
} from './verdict.js';
import { daemonSetHealth, deploymentHealth, replicaSetHealth, statefulSetHealth } from './workloads.js';

/** What is known besides the object itself. */
export type Surroundings = {
  /** The storage class of a claim binds with the first Pod that uses it. */
  readonly waitsForConsumer?: boolean;
};

const kinds: Readonly<Record<string, (object: KubeObject, around: Surroundings) => Verdict>> = {
  'apps/Deployment': deploymentHealth,
  'apps/StatefulSet': statefulSetHealth,
  'apps/DaemonSet': daemonSetHealth,
  'apps/ReplicaSet': replicaSetHealth,
  '/ReplicationController': replicaSetHealth,
  '/Pod': podHealth,
  'batch/Job': jobHealth,
  'batch/CronJob': cronJobHealth,
  '/PersistentVolumeClaim': (claim, around) => claimHealth(claim, around.waitsForConsumer === true),
  '/PersistentVolume': volumeHealth,
  '/Service': serviceHealth,
  'apiextensions.k8s.io/CustomResourceDefinition': definitionHealth,
  'autoscaling/HorizontalPodAutoscaler': autoscalerHealth,
  'apiregistration.k8s.io/APIService': apiServiceHealth,
};

/** What holds for every kind, in kstatus's order: deletion, a controller that is behind, the conditions Reconciling and Stalled. */
const everyKind: readonly Rule[] = [
  (object) =>
    object.metadata.deletionTimestamp === undefined
      ? undefined
      : { health: 'Terminating', message: 'is being deleted' },
  (object) => {
    const { generation } = object.metadata;
    const isBehind =
      generation !== undefined &&
      hasStatus(object, 'observedGeneration') &&
      statusNumber(object, 'observedGeneration') !== generation;
    return isBehind ? inProgress('its controller has not seen this generation yet') : undefined;
  },
  (object) => {
    const reconciling = findCondition(object, 'Reconciling', 'True');
    return reconciling && inProgress(said(reconciling, 'reconciling'));
  },
  (object) => {
    const stalled = findCondition(object, 'Stalled', 'True');
    return stalled && failed(said(stalled, 'stalled'));
  },
];

/**
 * The health of an object by the rules of kstatus (sigs.k8s.io/cli-utils, pkg/kstatus), with Suspended beside its words. Pure:
 * it looks at nothing but the object and what is given of its surroundings.
 */
export const computeHealth = (object: KubeObject, around: Surroundings = {}): Verdict =>
  firstOf(object, everyKind) ??
  (kinds[`${groupOf(object.apiVersion)}/${object.kind}`] ?? genericHealth)(object, around);
