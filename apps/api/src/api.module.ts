import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import type { Hub } from '@syncline/event-store';
import { Aggregates, BlobStore, ClusterCalls, Commands, EventLog, Live, People } from '@syncline/kernel';
import { HealthController, Metrics, Readiness } from '@syncline/observability';
import { Projector, Views } from '@syncline/read-models';

import { AccessGuard } from './access/access.guard.js';
import { Authenticator } from './access/authenticator.js';
import { Denials } from './access/denials.js';
import { KnownTokens } from './access/known-tokens.js';
import { PastTokens } from './access/past-tokens.js';
import { TokensController } from './access/tokens.controller.js';
import { AgentsController } from './agents/agents.controller.js';
import { ApplicationsController } from './applications/applications.controller.js';
import { ApplicationHistory } from './applications/history.js';
import { RevisionOfApplication } from './applications/revision.js';
import { Blame } from './blame/blame.js';
import { BlameController } from './blame/blame.controller.js';
import { ClustersController } from './clusters/clusters.controller.js';
import { RecipientsController } from './clusters/recipients.controller.js';
import { ClusterRegistration } from './clusters/registration.js';
import { PastArtifacts } from './artifacts/past-artifacts.js';
import { ArtifactsController } from './artifacts/artifacts.controller.js';
import { Config } from './config.js';
import { DeliveryController } from './delivery/delivery.controller.js';
import { DriftController } from './drift/drift.controller.js';
import { EventStreams } from './events/event-streams.js';
import { EventsController } from './events/events.controller.js';
import { FleetDifference } from './fleet/fleet-difference.js';
import { PastFleet } from './fleet/past-fleet.js';
import { FleetController } from './fleet/fleet.controller.js';
import { ArchiveController } from './log/archive/archive.controller.js';
import { Checkpoints } from './log/checkpoints/checkpoints.js';
import { LogController } from './log/log.controller.js';
import type { LogRecord } from './log/open-record.js';
import { ParkedController } from './log/parked.controller.js';
import { ManifestsController } from './manifests/manifests.controller.js';
import { RecordedManifests } from './manifests/recorded-manifests.js';
import { ProofsController } from './log/proofs.controller.js';
import { LogTree } from './log/tree/log-tree.js';
import { DocsController } from './openapi/docs.controller.js';
import { OpenApi } from './openapi/openapi.js';
import { PeopleNames } from './people/people-names.js';
import { PastPlans } from './plans/past-plans.js';
import { Plans } from './plans/plans.js';
import { PausingController } from './pausing/pausing.controller.js';
import { PlansController } from './plans/plans.controller.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { RestoredTargets } from './restores/restored-targets.js';
import { RestoresController } from './restores/restores.controller.js';
import { ReplaysController } from './replays/replays.controller.js';
import { RepositoriesController } from './repositories/repositories.controller.js';
import { Log, type RequestLog } from './requests/log.js';
import { requestPipe } from './requests/request-pipe.js';
import { PastResources } from './resources/past-resources.js';
import { ResourcesController } from './resources/resources.controller.js';
import { KnownFacts } from './why/known-facts.js';
import { Origins } from './why/origins.js';
import { EvidenceController } from './evidence/evidence.controller.js';
import { Evidence } from './evidence/evidence.js';
import { SuspectsController } from './suspects/suspects.controller.js';
import { Suspects } from './suspects/suspects.js';
import { Standing } from './why/standing.js';
import { Parted } from './parted/parted.js';
import { PartedController } from './parted/parted.controller.js';
import { WhyController } from './why/why.controller.js';
import { PositionInterceptor } from './requests/reads-views.js';

/** What the API is made of; opened before the module, closed after it. */
export type ApiParts = {
  readonly config: Pick<Config, 'idKey' | 'applierRecipients' | 'agentNatsUrl'>;
  readonly hub: Hub;
  readonly views: Views;
  readonly projector: Projector;
  readonly tokens: KnownTokens;
  readonly authenticator: Authenticator;
  readonly streams: EventStreams;
  readonly record: LogRecord;
  readonly openApi: OpenApi;
  readonly metrics: Metrics;
  readonly readiness: () => Promise<readonly string[]>;
  readonly log: RequestLog;
};

const ports = ({ hub, log, config, metrics, readiness }: ApiParts): Provider[] => [
  { provide: Aggregates, useValue: hub.aggregates },
  { provide: EventLog, useValue: hub.log },
  { provide: BlobStore, useValue: hub.blobs },
  { provide: Commands, useValue: hub.commands },
  { provide: ClusterCalls, useValue: hub.clusterCalls },
  { provide: People, useValue: hub.people },
  { provide: Live, useValue: hub.live },
  { provide: Config, useValue: config },
  { provide: Log, useValue: log },
  { provide: Metrics, useValue: metrics },
  { provide: Readiness, useValue: readiness },
];

const own = (parts: ApiParts): Provider[] => {
  const { hub, config } = parts;
  const registration = new ClusterRegistration({ ...hub, recipients: config.applierRecipients });
  return [
    { provide: Views, useValue: parts.views },
    { provide: Projector, useValue: parts.projector },
    { provide: KnownTokens, useValue: parts.tokens },
    { provide: Authenticator, useValue: parts.authenticator },
    { provide: EventStreams, useValue: parts.streams },
    { provide: LogTree, useValue: parts.record.tree },
    { provide: Checkpoints, useValue: parts.record.checkpoints },
    { provide: OpenApi, useValue: parts.openApi },
    { provide: Denials, useValue: new Denials(hub.aggregates, parts.log) },
    { provide: ClusterRegistration, useValue: registration },
    ...[
      ApplicationHistory,
      RevisionOfApplication,
      PeopleNames,
      PastArtifacts,
      PastPlans,
      PastTokens,
      PastResources,
      Plans,
      Standing,
      Suspects,
      Evidence,
      KnownFacts,
      Origins,
      Blame,
      Parted,
      PastFleet,
      RestoredTargets,
      FleetDifference,
      RecordedManifests,
    ],
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_INTERCEPTOR, useClass: PositionInterceptor },
    { provide: APP_PIPE, useValue: requestPipe },
  ];
};

const controllers = [
  HealthController,
  FleetController,
  ClustersController,
  AgentsController,
  RecipientsController,
  ArtifactsController,
  RepositoriesController,
  ApplicationsController,
  PausingController,
  ReplaysController,
  RestoresController,
  PlansController,
  EventsController,
  LogController,
  ProofsController,
  ArchiveController,
  ParkedController,
  SuspectsController,
  EvidenceController,
  WhyController,
  DeliveryController,
  BlameController,
  PartedController,
  DriftController,
  ResourcesController,
  ManifestsController,
  TokensController,
  DocsController,
];

/** The API's parts, wired. */
@Module({})
export class ApiModule {
  static with(parts: ApiParts): DynamicModule {
    return { module: ApiModule, controllers, providers: [...ports(parts), ...own(parts)] };
  }
}
