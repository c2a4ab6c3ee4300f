import type { RepositoryEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { ConfigurationReading } from './configuration-reading.js';
import { registrationAggregate } from './registration.js';

type Event<Type extends RepositoryEvent['type']> = StoredEvent<Extract<RepositoryEvent, { type: Type }>>;

const listens = { name: 'configuration', subjects: ['ev.repo.>'] };

/** Each revision of a repository becomes a configuration that is in force, or one that is rejected. */
@Controller()
export class ConfigurationReaction {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(ConfigurationReading) private readonly reading: ConfigurationReading,
  ) {}

  @Reaction({ ...listens, types: ['RevisionDetected'] })
  revisionDetected(event: Event<'RevisionDetected'>): Promise<void> {
    return this.reading.read(event, event.data);
  }

  /**
   * Other paths under the same URL and ref: the revision that was there is read again. One that was detected later has an
   * event of its own, and reading it now would put it before those in between.
   */
  @Reaction({ ...listens, types: ['RepositoryRegistered'] })
  async repositoryRegistered(event: Event<'RepositoryRegistered'>): Promise<void> {
    const { state } = await this.aggregates.load(registrationAggregate, event.subject);
    const isEarlier = (state.detectedAt ?? 0) < event.position.sequence;
    if (state.detected && isEarlier) await this.reading.read(event, state.detected);
  }
}
