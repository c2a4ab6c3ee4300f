export { serviceAggregate } from './service/service.js';
export type { ServiceCommand, ServiceState } from './service/service.js';
export { accessAggregate } from './access/access.js';
export type { AccessCommand, AccessState, Role } from './access/access.js';
export { fleetAggregate } from './fleet/fleet.js';
export type { FleetCommand, FleetState } from './fleet/fleet.js';
export { applicationAggregate } from './application/application.js';
export { isSelected, placementOf, targetSpecOf } from './application/placement.js';
export type { ClusterLabels } from './application/placement.js';
export type {
  ApplicationCommand,
  ApplicationPause,
  ApplicationState,
  MemberProgress,
  Rollout,
  WaveProgress,
} from './application/state.js';
export { configurationAggregate } from './configuration/configuration.js';
export type { ConfigurationCommand, ConfigurationState, InForce } from './configuration/configuration.js';
export { restoreAggregate, restoredName } from './restore/restore.js';
export type { RestoreCommand, RestoreProgress, RestoreState } from './restore/restore.js';
export { planAggregate } from './plan/plan.js';
export type { EndReplay, FromRecord, Replay, Undelete } from './plan/replays.js';
export { requestOf } from './plan/state.js';
export type { Ending, LoggedPlanEvent, Pause, PlanCommand, PlanState, Request } from './plan/state.js';
export { linkAggregate } from './link/link.js';
export type { LinkCommand, LinkState } from './link/link.js';
export { targetAggregate } from './target/target.js';
export type {
  Applied,
  Attempt,
  Holdings,
  LoggedTargetEvent,
  RecordResults,
  TargetCommand,
  TargetOutcome,
  TargetState,
} from './target/state.js';
export { repositoryAggregate } from './repository/repository.js';
export { lastRevision } from './repository/state.js';
export type {
  Detected,
  Refused,
  Registered,
  RepositoryCommand,
  RepositoryState,
  SeenRevision,
} from './repository/state.js';
export { artifactKey, artifactsAggregate, knownArtifact } from './artifacts/artifacts.js';
export type { ArtifactCommand, ArtifactsState, KnownArtifact } from './artifacts/artifacts.js';
export { registryAggregate, registryFor } from './registry/registry.js';
export type { Registry, RegistryCommand, RegistryState } from './registry/registry.js';
export { checkpointsAggregate } from './log/checkpoints.js';
export type { CheckpointsCommand, CheckpointsState } from './log/checkpoints.js';
