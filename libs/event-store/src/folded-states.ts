import type { Aggregate, DomainEvent } from '@syncline/kernel';

import { decodeOrHalt } from './decode-or-halt.js';
import { FoldCache, type CacheStanding } from './fold-cache.js';
import type { MessageLog, Snapshots } from './message-log.js';
import { remember, remembering, type Remembered } from './remembered.js';

const snapshotEvery = 50;
/** Of folded states, as JSON; in memory they are a few times that. */
const cachedBytes = 48 * 1024 * 1024;

/** What the messages of a subject fold to, and the sequence of the last of them. */
export type Folded<State> = { readonly remembered: Remembered<State>; readonly sequence: number };

/** Where a state came from: what this process remembered was current, a part of the history was read, or all of it. */
export type LoadedFrom = 'memory' | 'tail' | 'history';

/** What is told of the states. */
export type StatesReport = {
  /** A state was asked of the log. */
  readonly loaded?: (seconds: number, from: LoadedFrom) => void;
  /** What is kept in memory now. */
  readonly kept?: (standing: CacheStanding) => void;
};

/** The states of aggregates, folded from the log; the latest are remembered. */
export class FoldedStates {
  readonly #cache: FoldCache<Folded<unknown>>;

  constructor(
    private readonly log: Pick<MessageLog, 'last' | 'read'>,
    private readonly snapshots: Snapshots,
    private readonly report: StatesReport = {},
    boundBytes = cachedBytes,
  ) {
    this.#cache = new FoldCache(boundBytes);
  }

  /** The state as it was last seen by this process, which may be stale. */
  known<S, C, E extends DomainEvent>(aggregate: Aggregate<S, C, E>, subject: string): Folded<S> | undefined {
    return this.#cache.get(cacheKey(aggregate, subject)) as Folded<S> | undefined;
  }

  /** The state as the log has it now. */
  async current<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Folded<S>> {
    const began = performance.now();
    const { folded, from } = await this.#load(aggregate, subject);
    this.report.loaded?.((performance.now() - began) / 1000, from);
    return folded;
  }

  /**
   * Remembers a state that `bytes` were folded into since it was last kept. One that was read while a decision was made
   * beside it does not replace what that left.
   */
  keep<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    folded: Folded<S>,
    bytes: number,
  ): void {
    const key = cacheKey(aggregate, subject);
    if ((this.#cache.get(key)?.sequence ?? 0) > folded.sequence) return;
    this.#cache.set(key, folded, bytes);
    this.report.kept?.(this.#cache.standing);
  }

  async #load<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<{ folded: Folded<S>; from: LoadedFrom }> {
    const known = this.known(aggregate, subject);
    const base = known ?? (await this.#fromSnapshot(aggregate, subject));
    const last = (await this.log.last(subject))?.sequence ?? 0;
    if (last === base.sequence) {
      if (!known) this.keep(aggregate, subject, base, 0);
      return { folded: base, from: known ? 'memory' : 'tail' };
    }
    if (last > base.sequence) {
      const folded = await this.#readTail(aggregate, subject, base);
      return { folded, from: base.sequence === 0 ? 'history' : 'tail' };
    }
    // The log is another than it was: nothing that is remembered of it counts.
    this.#cache.delete(cacheKey(aggregate, subject));
    return { folded: await this.#readTail(aggregate, subject, nothing(aggregate)), from: 'history' };
  }

  async #readTail<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    base: Folded<S>,
  ): Promise<Folded<S>> {
    const tail = await this.log.read(subject, base.sequence);
    let { remembered, sequence } = base;
    let bytes = 0;
    for (const message of tail) {
      remembered = remember(aggregate.decider, remembered, decodeOrHalt(message));
      sequence = message.sequence;
      bytes += message.bytes.length;
    }
    if (tail.length >= snapshotEvery) {
      const snapshot = { sequence, state: remembered };
      await this.snapshots.keep(aggregate.name, aggregate.version, subject, snapshot);
    }
    this.keep(aggregate, subject, { remembered, sequence }, bytes);
    return { remembered, sequence };
  }

  async #fromSnapshot<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Folded<S>> {
    const snapshot = await this.snapshots.find(aggregate.name, aggregate.version, subject);
    return snapshot
      ? { remembered: snapshot.state as Remembered<S>, sequence: snapshot.sequence }
      : nothing(aggregate);
  }
}

const nothing = <S, C, E extends DomainEvent>(aggregate: Aggregate<S, C, E>): Folded<S> => ({
  remembered: remembering(aggregate.decider.initial),
  sequence: 0,
});

const cacheKey = (aggregate: { readonly name: string; readonly version: number }, subject: string): string =>
  `${aggregate.name}.${aggregate.version}|${subject}`;
