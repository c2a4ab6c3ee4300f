import type { Json } from '@syncline/kernel';

import type { JsonObject } from './json.js';

type Default = Json | ((self: JsonObject) => Json | undefined);

const api = 'io.k8s.api.';
const rolling = (self: JsonObject): Json | undefined =>
  (self.type ?? 'RollingUpdate') === 'RollingUpdate' ? {} : undefined;
const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const mode = { defaultMode: 420 };
const isRunOnce = (self: JsonObject): Json | undefined =>
  self.completions === undefined && self.parallelism === undefined ? 1 : undefined;
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const tagOf = (image: string): string => /:([^:/@]+)$/.exec(image)?.[1] ?? 'latest';
const isPinned = (image: string): boolean => image.includes('@') || tagOf(image) !== 'latest';
const container: Readonly<Record<string, Default>> = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: ({ image }) => (isPinned(textOf(image)) ? 'IfNotPresent' : 'Always'),
};
const group = 'rbac.authorization.k8s.io';

/**
 * What the server's defaulting functions set where a field is absent, by the name of the schema. (Those that OpenAPI
 * says, such as a port's protocol, are in the schemas.) Values that depend on others are functions of the map.
 */
const defaults: Readonly<Record<string, Readonly<Record<string, Default>>>> = {
  [`${api}apps.v1.DeploymentSpec`]: { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
  [`${api}apps.v1.DeploymentStrategy`]: { type: 'RollingUpdate', rollingUpdate: rolling },
  [`${api}apps.v1.RollingUpdateDeployment`]: { maxUnavailable: '25%', maxSurge: '25%' },
  [`${api}apps.v1.ReplicaSetSpec`]: { replicas: 1 },
  [`${api}apps.v1.StatefulSetSpec`]: {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  },
  [`${api}apps.v1.StatefulSetUpdateStrategy`]: { type: 'RollingUpdate', rollingUpdate: rolling },
  [`${api}apps.v1.RollingUpdateStatefulSetStrategy`]: { partition: 0 },
  [`${api}apps.v1.DaemonSetSpec`]: { revisionHistoryLimit: 10 },
  [`${api}apps.v1.DaemonSetUpdateStrategy`]: { type: 'RollingUpdate', rollingUpdate: rolling },
  [`${api}apps.v1.RollingUpdateDaemonSet`]: { maxUnavailable: 1, maxSurge: 0 },
  [`${api}batch.v1.JobSpec`]: {
    completions: isRunOnce,
    parallelism: ({ parallelism }) => (parallelism === undefined ? 1 : undefined),
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: ({ podFailurePolicy }) =>
      podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
  },
  [`${api}batch.v1.CronJobSpec`]: {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  },
  [`${api}core.v1.PodSpec`]: {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    serviceAccount: ({ serviceAccountName }) => serviceAccountName,
  },
  [`${api}core.v1.Container`]: container,
  [`${api}core.v1.EphemeralContainer`]: container,
  [`${api}core.v1.Probe`]: probe,
  [`${api}core.v1.HTTPGetAction`]: { path: '/', scheme: 'HTTP' },
  [`${api}core.v1.ServiceSpec`]: {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: ({ type }) => (type === 'ExternalName' ? undefined : 'Cluster'),
  },
  [`${api}core.v1.ServicePort`]: { targetPort: ({ port }) => port },
  [`${api}core.v1.ConfigMapVolumeSource`]: mode,
  [`${api}core.v1.SecretVolumeSource`]: mode,
  [`${api}core.v1.ProjectedVolumeSource`]: mode,
  [`${api}core.v1.DownwardAPIVolumeSource`]: mode,
  [`${api}core.v1.HostPathVolumeSource`]: { type: '' },
  [`${api}core.v1.ObjectFieldSelector`]: { apiVersion: 'v1' },
  [`${api}core.v1.PersistentVolumeClaimSpec`]: { volumeMode: 'Filesystem' },
  [`${api}core.v1.PersistentVolumeSpec`]: {
    persistentVolumeReclaimPolicy: 'Retain',
    volumeMode: 'Filesystem',
  },
  [`${api}core.v1.Secret`]: { type: 'Opaque' },
  [`${api}autoscaling.v2.HorizontalPodAutoscalerSpec`]: {
    minReplicas: 1,
    metrics: () => [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ],
  },
  [`${api}networking.v1.NetworkPolicySpec`]: {
    policyTypes: ({ egress }) =>
      Array.isArray(egress) && egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'],
  },
  [`${api}networking.v1.NetworkPolicyPort`]: { protocol: 'TCP' },
  [`${api}rbac.v1.RoleRef`]: { apiGroup: group },
  [`${api}rbac.v1.Subject`]: { apiGroup: ({ kind }) => (kind === 'ServiceAccount' ? undefined : group) },
  [`${api}scheduling.v1.PriorityClass`]: { preemptionPolicy: 'PreemptLowerPriority' },
  [`${api}storage.v1.StorageClass`]: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
};

/** The defaults of the members that a map of the server's types lacks (an empty string or zero is the same as lacking). */
export const defaultsOf = (name: string | undefined, self: JsonObject): JsonObject => {
  const known = name === undefined ? undefined : defaults[name];
  if (!known) return {};
  const missing = Object.entries(known).flatMap(([field, preset]) => {
    if (self[field] !== undefined && self[field] !== '') return [];
    const value = typeof preset === 'function' ? preset(self) : preset;
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(missing);
};
