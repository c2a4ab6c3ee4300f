import { subjects, decodeToken } from '@syncline/events';
import type { Hub } from '@syncline/event-store';
import { Aggregates, BlobStore, EventLog, systemClock, type Clock } from '@syncline/kernel';
import { HealthController, Metrics, Readiness, type Logger } from '@syncline/observability';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { ArtifactPoll } from './artifacts/artifact-poll.js';
import { ArtifactWatch } from './artifacts/artifact-watch.js';
import { ArtifactsReaction } from './artifacts/artifacts.reaction.js';
import { LookHandler } from './artifacts/look.handler.js';
import { meteredArtifacts } from './artifacts/metered-artifacts.js';
import { Registries } from './artifacts/registries.js';
import { RegistryHandler } from './artifacts/registry.handler.js';
import { WantedArtifacts } from './artifacts/wanted-artifacts.js';
import { Config } from './config.js';
import { Credentials } from './credentials/credentials.js';
import { meteredPoll } from './polling/metered-poll.js';
import { Mirrors } from './polling/mirrors.js';
import { PollSchedule } from './polling/poll-schedule.js';
import { RefreshHandler } from './polling/refresh.handler.js';
import { RepositoryPoll } from './polling/repository-poll.js';
import { readinessOf } from './readiness.js';
import { CredentialHandler } from './registration/credential.handler.js';
import { RegisterHandler } from './registration/register.handler.js';
import { TrustHandler } from './registration/trust.handler.js';

const polledAtOnce = 8;
const artifactsAtOnce = 4;

/** The hub's ports that git-watcher uses. */
export type WatcherHub = Pick<Hub, 'aggregates' | 'log' | 'blobs' | 'people' | 'missing'>;

/** git-watcher: repositories are registered, polled, and their revisions recorded. */
@Module({})
export class GitWatcherModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(PollSchedule) private readonly schedule: PollSchedule,
  ) {}

  static of(
    config: Pick<Config, 'stateDir' | 'packKey' | 'identity'>,
    hub: WatcherHub,
    metrics: Metrics,
    logger: Logger,
    clock: Clock = systemClock,
  ): DynamicModule {
    const { aggregates, blobs, people } = hub;
    const { packKey } = config;
    const { random } = Math;
    const credentials = new Credentials(blobs, aggregates, config);
    const mirrors = new Mirrors(config.stateDir);
    const poll = new RepositoryPoll({ aggregates, blobs, people, clock, credentials, mirrors, packKey });
    const polling = meteredPoll(poll, metrics, logger);
    const schedule = new PollSchedule({ ...polling, concurrency: polledAtOnce, random });
    const registries = new Registries(hub.log, aggregates, credentials);
    const wanted = new WantedArtifacts(hub.log, aggregates, blobs);
    const artifacts = new ArtifactPoll({ aggregates, blobs, clock, registries, wanted, packKey });
    const looking = meteredArtifacts(artifacts, metrics, logger);
    const artifactSchedule = new PollSchedule({ ...looking, concurrency: artifactsAtOnce, random });
    return {
      module: GitWatcherModule,
      controllers: [
        HealthController,
        RegisterHandler,
        CredentialHandler,
        TrustHandler,
        RefreshHandler,
        ArtifactsReaction,
        RegistryHandler,
        LookHandler,
      ],
      providers: [
        { provide: Config, useValue: config },
        { provide: Aggregates, useValue: aggregates },
        { provide: BlobStore, useValue: blobs },
        { provide: EventLog, useValue: hub.log },
        { provide: Credentials, useValue: credentials },
        { provide: PollSchedule, useValue: schedule },
        { provide: Registries, useValue: registries },
        { provide: ArtifactWatch, useFactory: () => new ArtifactWatch(wanted, artifactSchedule) },
        { provide: Readiness, useValue: readinessOf(hub) },
        { provide: Metrics, useValue: metrics },
      ],
    };
  }

  /** Every repository that the log knows is polled from now on. */
  async onApplicationBootstrap(): Promise<void> {
    const prefix = subjects.repository('x').slice(0, -1);
    const tokens = (await this.log.subjects(`${prefix}>`)).map((subject) => subject.slice(prefix.length));
    // What stands below a repository's own subject, such as its artifacts, is none.
    for (const token of tokens.filter((one) => !one.includes('.')))
      void this.schedule.hasten(decodeToken(token));
  }

  /** Before the connection to the log closes. */
  onModuleDestroy(): Promise<void> {
    return this.schedule.stop();
  }
}
