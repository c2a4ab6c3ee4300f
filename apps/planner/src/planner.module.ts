import type { Hub } from '@syncline/event-store';
import { Aggregates, BlobStore, Clock, ClusterCalls, EventLog, systemClock } from '@syncline/kernel';
import { HealthController, Metrics, Readiness } from '@syncline/observability';
import { ConfinedRenderer } from '@syncline/render';
import { Module, type DynamicModule } from '@nestjs/common';

import { ApplicationsReaction } from './applications/applications.reaction.js';
import { Fleet } from './applications/fleet.js';
import { ApproveHandler } from './approvals/approve.handler.js';
import { DeclaredSpecs } from './approvals/declared-specs.js';
import { PreviewHandler } from './approvals/preview.handler.js';
import { RetryHandler } from './approvals/retry.handler.js';
import { Config } from './config.js';
import { readinessOf } from './readiness.js';
import { Artifacts } from './configuration/artifacts.js';
import { ArtifactsReaction } from './configuration/artifacts.reaction.js';
import { ConfigurationReading } from './configuration/configuration-reading.js';
import { ConfigurationReaction } from './configuration/configuration.reaction.js';
import { Configurations } from './configuration/configurations.js';
import { Revisions } from './configuration/revisions.js';
import { HealingReaction } from './healing/healing.reaction.js';
import { Log } from './log.js';
import { PlannerMeter, plannerMeter } from './meter.js';
import { PauseHandler } from './pausing/pause.handler.js';
import { Capabilities } from './planning/capabilities.js';
import { CapabilitiesReaction } from './planning/capabilities.reaction.js';
import { ClusterDiffs } from './planning/cluster-diffs.js';
import { HeldTargets } from './planning/held-targets.js';
import { Manifests } from './planning/manifests.js';
import { Originals } from './planning/originals.js';
import { PlanRecorder } from './planning/plan-recorder.js';
import { PlanningReaction } from './planning/planning.reaction.js';
import { Renders } from './planning/renders.js';
import { ReturnedReaction } from './planning/returned.reaction.js';
import { TargetPlanner } from './planning/target-planner.js';
import { Binding } from './replays/binding.js';
import { Deployments } from './replays/deployments.js';
import { PastObjects } from './replays/past-objects.js';
import { UndeleteHandler } from './replays/undelete.handler.js';
import { ReplayHandler } from './replays/replay.handler.js';
import { Replays } from './replays/replays.js';
import { RestoreHandler } from './restores/restore.handler.js';
import { RestoreProgress } from './restores/restore-progress.js';
import { RestoresReaction } from './restores/restores.reaction.js';
import { ReplayTargets } from './replays/replay-targets.js';
import { RolloutProgress } from './rollouts/rollout-progress.js';
import { RolloutsReaction } from './rollouts/rollouts.reaction.js';
import { TargetsReaction } from './targets/targets.reaction.js';

/** The hub's ports that the planner uses. */
export type PlannerHub = Pick<Hub, 'aggregates' | 'log' | 'blobs' | 'clusterCalls' | 'missing'>;

const controllers = [
  HealthController,
  ConfigurationReaction,
  ArtifactsReaction,
  ApplicationsReaction,
  TargetsReaction,
  PlanningReaction,
  ReturnedReaction,
  CapabilitiesReaction,
  HealingReaction,
  RolloutsReaction,
  ApproveHandler,
  RetryHandler,
  PauseHandler,
  PreviewHandler,
  ReplayHandler,
  UndeleteHandler,
  RestoreHandler,
  RestoresReaction,
];

/** The planner: revisions become configuration, applications, rollouts and plans. */
@Module({})
export class PlannerModule {
  static of(
    config: Pick<Config, 'stateDir' | 'packKey' | 'kustomize' | 'helm'>,
    hub: PlannerHub,
    metrics: Metrics,
    log: Log,
    clock: Clock = systemClock,
  ): DynamicModule {
    return {
      module: PlannerModule,
      controllers,
      providers: [
        { provide: Config, useValue: config },
        { provide: Aggregates, useValue: hub.aggregates },
        { provide: EventLog, useValue: hub.log },
        { provide: BlobStore, useValue: hub.blobs },
        { provide: ClusterCalls, useValue: hub.clusterCalls },
        { provide: Clock, useValue: clock },
        { provide: Readiness, useValue: readinessOf(hub, config) },
        { provide: Metrics, useValue: metrics },
        { provide: PlannerMeter, useValue: plannerMeter(metrics) },
        { provide: Log, useValue: log },
        {
          provide: ConfinedRenderer,
          useFactory: (meter: PlannerMeter) => new ConfinedRenderer(meter.ended),
          inject: [PlannerMeter],
        },
        Revisions,
        Artifacts,
        Configurations,
        ConfigurationReading,
        Fleet,
        Renders,
        Capabilities,
        Manifests,
        ClusterDiffs,
        TargetPlanner,
        PlanRecorder,
        HeldTargets,
        RolloutProgress,
        DeclaredSpecs,
        Originals,
        Deployments,
        ReplayTargets,
        Binding,
        Replays,
        RestoreProgress,
        PastObjects,
      ],
    };
  }
}
