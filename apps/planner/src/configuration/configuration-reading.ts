import { configurationAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { Aggregates, type StoredEvent } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';

import { reactingTo } from '../cause.js';
import { Configurations } from './configurations.js';
import { registeredPaths, registrationAggregate, type Registration } from './registration.js';
import { Revisions } from './revisions.js';

type Detected = NonNullable<Registration['detected']>;

/**
 * Reads a revision's configuration and decides on it, one reading of a repository at a time: a revision and an artifact that come
 * together would otherwise each be read without the other, and the later decision would take the earlier one back.
 */
@Injectable()
export class ConfigurationReading {
  readonly #turns = new Map<string, ReturnType<typeof pLimit>>();

  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Revisions) private readonly revisions: Revisions,
    @Inject(Configurations) private readonly configurations: Configurations,
  ) {}

  /** Reads a revision that was detected. */
  read(event: StoredEvent, detected: Detected): Promise<void> {
    return this.#inTurn(detected.repository, () => this.#read(event, detected));
  }

  /** Reads the last revision again, where it was read before: otherwise what is asked for comes with its first reading. */
  again(event: StoredEvent, repository: string): Promise<void> {
    return this.#inTurn(repository, async () => {
      const { state } = await this.aggregates.load(registrationAggregate, subjects.repository(repository));
      const read = await this.aggregates.load(configurationAggregate, subjects.configuration(repository));
      const { detected } = state;
      if (!detected || read.state.status === 'unread' || read.state.revision !== detected.revision) return;
      await this.#read(event, detected);
    });
  }

  #inTurn(repository: string, work: () => Promise<void>): Promise<void> {
    const turns = this.#turns.get(repository) ?? pLimit(1);
    this.#turns.set(repository, turns);
    return turns(work);
  }

  async #read(event: StoredEvent, detected: Detected): Promise<void> {
    const { repository, revision, ref } = detected;
    const { state } = await this.aggregates.load(registrationAggregate, subjects.repository(repository));
    const tree = await this.revisions.detected(repository, detected);
    const command = await this.configurations.read({
      repository,
      revision,
      tree,
      ref: ref.kind === 'semver' ? `semver:${ref.name}` : ref.name,
      paths: registeredPaths(state),
    });
    const subject = subjects.configuration(repository);
    await this.aggregates.decide(configurationAggregate, subject, command, reactingTo(event));
  }
}
