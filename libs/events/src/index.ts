export { defineEvent } from './define.js';
export type { EventOf, EventType } from './define.js';
export {
  applicationSpec,
  configurationDocument,
  driftModes,
  ignoreRule,
  isIgnorable,
  patch,
  pruneRules,
  renderers,
  syncModes,
  targetSpec,
} from './documents/application-spec.js';
export type {
  ApplicationSpec,
  ConfigurationDocument,
  DriftMode,
  IgnoreRule,
  HelmSpec,
  PatchSpec,
  Renderer,
  SyncMode,
  TargetSpec,
  ValuesLayer,
} from './documents/application-spec.js';
export { artifactReference, artifactSource, resolvedArtifact } from './documents/artifact.js';
export type { ArtifactReference, ArtifactSource, ResolvedArtifact } from './documents/artifact.js';
export { diffAnswer, diffRequest, resourcesAnswer, resourcesRequest } from './documents/calls.js';
export type {
  DiffAnswer,
  DiffRequest,
  Resource,
  ResourceEvent,
  ResourcesAnswer,
  ResourcesRequest,
} from './documents/calls.js';
export { driftChanges, driftDocument, driftedObject } from './documents/drift.js';
export type { DriftDocument, DriftedField, DriftedObject } from './documents/drift.js';
export { inventoryDocument, manifestsDocument, outcomes, resultsDocument } from './documents/manifests.js';
export type {
  InventoryDocument,
  Manifest,
  ManifestsDocument,
  Outcome,
  ResultsDocument,
} from './documents/manifests.js';
export {
  actions,
  certainties,
  destination,
  diffDocument,
  kubernetesOperation,
  operation,
  planDocument,
} from './documents/plan.js';
export type {
  Action,
  AdoptedManager,
  Certainty,
  Destination,
  DiffDocument,
  FieldChange,
  HeldFields,
  KubernetesOperation,
  Operation,
  PlanDocument,
  PlanOrigin,
  Replacement,
} from './documents/plan.js';
export { recordedKinds, recordedManifests } from './documents/recorded.js';
export type { RecordedManifests } from './documents/recorded.js';
export { misplaced } from './placement.js';
export { UnreadableEvent, cloudEvent, decodeMessage, encodeEvent, toCloudEvent } from './envelope.js';
export type { CloudEvent, EnvelopeFields } from './envelope.js';
export { families, findEventType } from './registry.js';
export type { EventFamily } from './registry.js';
export { blobRef, digest, hostKey, instant, labels, objectName, oid, position } from './shapes.js';
export type { HostKey, ObjectName } from './shapes.js';
export { decodeToken, encodeToken, parseTargetSubject, subjects } from './subjects.js';
export type { TargetName } from './subjects.js';
export { rolloutReasons } from './types/application.js';
export { artifactFailures } from './types/artifact.js';
export type { ArtifactEvent, ArtifactFailure, RegistryEvent } from './types/artifact.js';
export type { ApplicationEvent, RolloutReason } from './types/application.js';
export type { FleetEvent, LinkEvent } from './types/cluster.js';
export type { ConfigurationError, ConfigurationEvent } from './types/configuration.js';
export type { CheckpointEvent } from './types/log.js';
export { planReasons } from './types/plan.js';
export type { PlanEvent, PlanReason } from './types/plan.js';
export { fetchFailures, revisionRefusals, trackedRef } from './types/repository.js';
export type { FetchFailure, RepositoryEvent, RevisionRefusal, TrackedRef } from './types/repository.js';
export type { RestoredTarget, RestoreEvent } from './types/restore.js';
export type { AccessEvent, ServiceEvent } from './types/service.js';
export { driftHealers, foreignWrite, healths, mostMeanwhile } from './types/target.js';
export type { ForeignWrite, Health, MeanwhileChange, TargetEvent } from './types/target.js';
