export type {
  ApplyOutcome,
  ApplySteps,
  Capabilities,
  ClusterClient,
  ClusterOptions,
  DriftEnd,
  DriftWatch,
  InventoryEntry,
  Link,
  ObjectResult,
  PruneRules,
  PutBack,
  ServedNews,
  ServedResource,
  TargetHealth,
  TargetManifests,
  Trouble,
} from './cluster-client.js';
export { KubernetesError, formatObject, isKubernetesError, kubernetesCodes } from './kubernetes-error.js';
export type { FailureDetails, HeldFields, KubernetesCode } from './kubernetes-error.js';
export { ignoresOf, isIgnored } from './fields/ignored.js';
export { fieldManager } from './objects/marks.js';
export { connectCluster } from './connect-cluster.js';
