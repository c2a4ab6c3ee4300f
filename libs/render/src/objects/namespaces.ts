import type { Manifest } from '@syncline/events';

import { groupOf, isMapping, metadataOf, textOf, type PlacedObject } from './rendering.js';

/** Marks an object that is never pruned. */
export const neverPruned = { 'syncline.dev/prune': 'disabled' } as const;

/** Kinds that Kubernetes itself keeps in namespaces, by API group. Of other kinds only the cluster knows. */
const namespacedKinds: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    '': [
      'ConfigMap', 'Endpoints', 'Event', 'LimitRange', 'PersistentVolumeClaim', 'Pod', 'PodTemplate',
      'ReplicationController', 'ResourceQuota', 'Secret', 'Service', 'ServiceAccount',
    ],
    apps: ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'],
    autoscaling: ['HorizontalPodAutoscaler'],
    batch: ['CronJob', 'Job'],
    'coordination.k8s.io': ['Lease'],
    'discovery.k8s.io': ['EndpointSlice'],
    'events.k8s.io': ['Event'],
    'networking.k8s.io': ['Ingress', 'NetworkPolicy'],
    policy: ['PodDisruptionBudget'],
    'rbac.authorization.k8s.io': ['Role', 'RoleBinding'],
    'resource.k8s.io': ['ResourceClaim', 'ResourceClaimTemplate'],
    'storage.k8s.io': ['CSIStorageCapacity'],
  }).map(([group, kinds]) => [group, new Set(kinds)]),
); // prettier-ignore

const isNamespaced = (object: Manifest): boolean =>
  namespacedKinds.get(groupOf(object))?.has(textOf(object, 'kind')) === true;

/** Puts objects of Kubernetes' own namespaced kinds that name no namespace into the application's. */
export const placeInNamespace = (
  objects: readonly PlacedObject[],
  namespace: string,
): readonly PlacedObject[] =>
  objects.map((placed) => {
    const { object } = placed;
    if (!isNamespaced(object) || 'namespace' in metadataOf(object)) return placed;
    const metadata = isMapping(object.metadata) ? object.metadata : {};
    return { ...placed, object: { ...object, metadata: { ...metadata, namespace } } };
  });

const isGiven = (namespace: string): boolean => namespace === 'default' || namespace.startsWith('kube-');

/** Puts the application's namespace first where the objects do not have it; it is created when absent and never pruned. */
export const withNamespace = (
  objects: readonly PlacedObject[],
  namespace: string,
): readonly PlacedObject[] => {
  const isDeclared = objects.some(
    ({ object }) =>
      textOf(object, 'kind') === 'Namespace' &&
      groupOf(object) === '' &&
      metadataOf(object).name === namespace,
  );
  if (isDeclared || isGiven(namespace)) return objects;
  const metadata = { name: namespace, annotations: neverPruned };
  return [{ object: { apiVersion: 'v1', kind: 'Namespace', metadata } }, ...objects];
};
