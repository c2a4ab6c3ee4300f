import type { Aggregate, DomainEvent, LogMessage } from '@syncline/kernel';

import { decodeOrHalt } from './decode-or-halt.js';
import { FoldCache, type CacheStanding } from './fold-cache.js';
import { HeardMessages, type HeardMessage } from './heard-messages.js';
import type { TailOf } from './log-tail.js';
import type { MessageLog, Snapshots } from './message-log.js';
import { remember, remembering, type Remembered } from './remembered.js';

const snapshotEvery = 50;
/** Of folded states, as JSON; in memory they are a few times that. */
const cachedBytes = 48 * 1024 * 1024;
const heardBytes = 4 * 1024 * 1024;

/** What the messages of a subject fold to, the sequence of the last of them, and in which epoch of the tail the log confirmed it. */
export type Folded<State> = {
  readonly remembered: Remembered<State>;
  readonly sequence: number;
  readonly epoch: number;
};

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
  readonly #heard = new HeardMessages(heardBytes);

  constructor(
    private readonly log: Pick<MessageLog, 'last' | 'read'>,
    private readonly snapshots: Snapshots,
    private readonly report: StatesReport = {},
    private readonly tailOf: TailOf = () => undefined,
    boundBytes = cachedBytes,
  ) {
    this.#cache = new FoldCache(boundBytes);
  }

  /** Takes note of a message that was delivered here: the states that it belongs to need not read it. */
  hear(message: HeardMessage): void {
    this.#heard.hear(message);
  }

  /** In which epoch what the log answers from now on is confirmed. */
  epochOf(subject: string): number {
    return this.tailOf(subject)?.epoch ?? 0;
  }

  /** The state as it was last seen by this process, which may be stale. */
  known<S, C, E extends DomainEvent>(aggregate: Aggregate<S, C, E>, subject: string): Folded<S> | undefined {
    const known = this.#cache.get(cacheKey(aggregate, subject)) as Folded<S> | undefined;
    if (!known) return undefined;
    const heard = this.#heard.take(subject, known.sequence);
    return heard.length === 0 ? known : this.#foldOn(aggregate, subject, known, heard);
  }

  /**
   * The state as the log has it now. With `since`, the sequence of what is being reacted to, what this process remembers
   * will do where it holds everything up to there, which the tail of the log can vouch for.
   */
  async current<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    since?: number,
  ): Promise<Folded<S>> {
    const began = performance.now();
    const vouched = since === undefined ? undefined : await this.#vouched(aggregate, subject, since);
    const { folded, from } = vouched
      ? { folded: vouched, from: 'memory' as const }
      : await this.#load(aggregate, subject);
    this.report.loaded?.((performance.now() - began) / 1000, from);
    return folded;
  }

  async #vouched<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    since: number,
  ): Promise<Folded<S> | undefined> {
    const tail = this.tailOf(subject);
    if (!tail || !(await tail.reaches(since))) return undefined;
    const known = this.known(aggregate, subject);
    return known && tail.vouches(subject, known.sequence, known.epoch) ? known : undefined;
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
    const epoch = this.epochOf(subject);
    const last = (await this.log.last(subject))?.sequence ?? 0;
    if (last === base.sequence) {
      const folded = { ...base, epoch };
      this.keep(aggregate, subject, folded, 0);
      return { folded, from: known ? 'memory' : 'tail' };
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
    const epoch = this.epochOf(subject);
    const tail = await this.log.read(subject, base.sequence);
    const folded = this.#foldOn(aggregate, subject, { ...base, epoch }, tail);
    if (tail.length >= snapshotEvery) {
      const snapshot = { sequence: folded.sequence, state: folded.remembered };
      await this.snapshots.keep(aggregate.name, aggregate.version, subject, snapshot);
    }
    return folded;
  }

  /** Folds what follows a state, and remembers what comes of it. */
  #foldOn<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    { remembered, sequence, epoch }: Folded<S>,
    messages: readonly LogMessage[],
  ): Folded<S> {
    let bytes = 0;
    for (const message of messages) {
      remembered = remember(aggregate.decider, remembered, decodeOrHalt(message));
      sequence = message.sequence;
      bytes += message.bytes.length;
    }
    const folded = { remembered, sequence, epoch };
    this.keep(aggregate, subject, folded, bytes);
    return folded;
  }

  async #fromSnapshot<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Folded<S>> {
    const snapshot = await this.snapshots.find(aggregate.name, aggregate.version, subject);
    return snapshot
      ? { remembered: snapshot.state as Remembered<S>, sequence: snapshot.sequence, epoch: 0 }
      : nothing(aggregate);
  }
}

const nothing = <S, C, E extends DomainEvent>(aggregate: Aggregate<S, C, E>): Folded<S> => ({
  remembered: remembering(aggregate.decider.initial),
  sequence: 0,
  epoch: 0,
});

const cacheKey = (aggregate: { readonly name: string; readonly version: number }, subject: string): string =>
  `${aggregate.name}.${aggregate.version}|${subject}`;
