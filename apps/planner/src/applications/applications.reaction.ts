import { applicationAggregate, type ApplicationCommand } from '@syncline/domain';
import {
  configurationDocument,
  subjects,
  type ConfigurationDocument,
  type ConfigurationEvent,
} from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, BlobStore, EventLog, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import pLimit from 'p-limit';

import { reactingTo, rolloutId } from '../cause.js';
import { Fleet } from './fleet.js';

const listens = { name: 'applications', subjects: ['ev.config.>', 'ev.fleet.>'] };
const concurrently = 16;

type Accepted = Extract<ConfigurationEvent, { type: 'ConfigurationAccepted' }>;

/** What a repository declares and who belongs to the fleet become applications and their rollouts. */
@Controller()
export class ApplicationsReaction {
  /**
   * One event at a time, whatever its subject: an application that is being declared while a cluster joins would
   * otherwise be seen by neither.
   */
  readonly #oneAtATime = pLimit(1);

  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Fleet) private readonly fleet: Fleet,
  ) {}

  @Reaction({ ...listens, types: ['ConfigurationAccepted'] })
  configurationAccepted(event: StoredEvent<Accepted>): Promise<void> {
    return this.#oneAtATime(async () => {
      const { repository, revision, configuration } = event.data;
      const bytes = await this.blobs.get('hub', configuration.digest);
      const document = configurationDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
      const fleet = await this.fleet.labels();
      const declared = new Map(
        document.applications.map((one) => [subjects.application(one.spec.project, one.spec.name), one]),
      );
      const known = await this.log.subjects('ev.app.>');
      await this.#each([...new Set([...declared.keys(), ...known])], event, (subject) => {
        const one = declared.get(subject);
        return one
          ? declaration(document, one, fleet, rolloutId(subject, event))
          : { type: 'retire', repository, revision };
      });
    });
  }

  @Reaction({ ...listens, types: ['ClusterRegistered', 'ClusterRelabelled', 'ClusterRemoved'] })
  fleetChanged(event: StoredEvent): Promise<void> {
    return this.#oneAtATime(async () => {
      const fleet = await this.fleet.labels();
      await this.#each(await this.log.subjects('ev.app.>'), event, (subject) => ({
        type: 'place',
        fleet,
        rollout: rolloutId(subject, event),
      }));
    });
  }

  async #each(
    applications: readonly string[],
    event: StoredEvent,
    command: (subject: string) => ApplicationCommand,
  ): Promise<void> {
    const limit = pLimit(concurrently);
    const decide = (subject: string) =>
      this.aggregates.decide(applicationAggregate, subject, command(subject), reactingTo(event));
    await Promise.all(applications.map((subject) => limit(decide, subject)));
  }
}

const declaration = (
  { repository, revision }: ConfigurationDocument,
  { spec, affected }: ConfigurationDocument['applications'][number],
  fleet: Awaited<ReturnType<Fleet['labels']>>,
  rollout: string,
): ApplicationCommand => ({ type: 'declare', repository, revision, spec, affected, fleet, rollout });
