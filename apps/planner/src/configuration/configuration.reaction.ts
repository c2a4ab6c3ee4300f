import { configurationAggregate } from '@syncline/domain';
import { subjects, type RepositoryEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { reactingTo } from '../cause.js';
import { Configurations } from './configurations.js';
import { registeredPaths, registrationAggregate, type Registration } from './registration.js';
import { Revisions } from './revisions.js';

type Event<Type extends RepositoryEvent['type']> = StoredEvent<Extract<RepositoryEvent, { type: Type }>>;
type Detected = NonNullable<Registration['detected']>;

const listens = { name: 'configuration', subjects: ['ev.repo.>'] };

/** Each revision of a repository becomes a configuration that is in force, or one that is rejected. */
@Controller()
export class ConfigurationReaction {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Revisions) private readonly revisions: Revisions,
    @Inject(Configurations) private readonly configurations: Configurations,
  ) {}

  @Reaction({ ...listens, types: ['RevisionDetected'] })
  revisionDetected(event: Event<'RevisionDetected'>): Promise<void> {
    return this.#read(event, event.data);
  }

  /**
   * Other paths under the same URL and ref: the revision that was there is read again. One that was detected later has an
   * event of its own, and reading it now would put it before those in between.
   */
  @Reaction({ ...listens, types: ['RepositoryRegistered'] })
  async repositoryRegistered(event: Event<'RepositoryRegistered'>): Promise<void> {
    const { state } = await this.aggregates.load(registrationAggregate, event.subject);
    const isEarlier = (state.detectedAt ?? 0) < event.position.sequence;
    if (state.detected && isEarlier) await this.#read(event, state.detected);
  }

  async #read(event: StoredEvent, detected: Detected): Promise<void> {
    const { repository, revision } = detected;
    const { state } = await this.aggregates.load(registrationAggregate, event.subject);
    const tree = await this.revisions.detected(repository, detected);
    const command = await this.configurations.read({
      repository,
      revision,
      tree,
      ref: detected.ref.kind === 'semver' ? `semver:${detected.ref.name}` : detected.ref.name,
      paths: registeredPaths(state),
    });
    const subject = subjects.configuration(repository);
    await this.aggregates.decide(configurationAggregate, subject, command, reactingTo(event));
  }
}
