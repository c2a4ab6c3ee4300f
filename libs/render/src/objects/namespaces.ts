import type { Manifest } from '@syncline/events';

import { groupOf, isMapping, metadataOf, textOf, type PlacedObject } from './rendering.js';

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

/**
 * Puts objects of Kubernetes' own namespaced kinds that name no namespace into the application's. The
 * namespace itself is not among the manifests: the applier creates it where it is absent, and otherwise leaves it to whoever has it.
 */
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
