import { decodeMessage, UnreadableEvent } from '@syncline/events';
import {
  isCommandRefused,
  type Aggregate,
  type Aggregates,
  type Cause,
  type Clock,
  type Decided,
  type DomainEvent,
  type Loaded,
  type LogMessage,
  type StoredEvent,
} from '@syncline/kernel';

import { encodeDecision, idsOf, type Decision } from './decision.js';
import { EventStoreError } from './event-store-error.js';
import { FoldCache } from './fold-cache.js';
import type { MessageLog, Snapshots } from './message-log.js';
import { OneAtATime } from './one-at-a-time.js';
import { hasHandled, remember, remembering, type Remembered } from './remembered.js';

const attempts = 20;
const snapshotEvery = 50;

/** What an {@link LoggedAggregates} stands on. `source` names the writer in CloudEvents, such as `/syncline/planner`. */
export type AggregatesOptions = {
  readonly log: MessageLog;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly source: string;
  readonly idKey: Uint8Array;
  /** Told of each append: its duration in seconds. */
  readonly onAppend?: (seconds: number) => void;
};

type Folded<State> = { readonly remembered: Remembered<State>; readonly sequence: number };

/** Decodes a message; an event that this code does not know halts its subject, by name. */
export const decodeOrHalt = (message: LogMessage): readonly StoredEvent[] => {
  try {
    return decodeMessage(message.bytes, message.sequence, message.recordedAt);
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    throw new EventStoreError(
      'log-unreadable',
      `${message.subject} is halted: ${error.message}`,
      message.subject,
      error,
    );
  }
};

/** Aggregates folded from the log: load, fold, decide, append, and again on a lost race. */
export class LoggedAggregates implements Aggregates {
  readonly #options: AggregatesOptions;
  readonly #cache = new FoldCache<Folded<unknown>>(20_000);
  readonly #turns = new OneAtATime();

  constructor(options: AggregatesOptions) {
    this.#options = options;
  }

  async load<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Loaded<S>> {
    const folded = await this.#fold(aggregate, subject);
    return { state: folded.remembered.state, sequence: folded.sequence };
  }

  /** Decisions of this process on one subject take turns, so that they do not race each other. */
  decide<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    command: C,
    cause: Cause,
  ): Promise<Decided<S, E>> {
    return this.#turns.run(subject, () => this.#decide(aggregate, subject, command, cause));
  }

  async #decide<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    command: C,
    cause: Cause,
  ): Promise<Decided<S, E>> {
    const { idKey, source, clock } = this.#options;
    const ids = idsOf(idKey, subject, cause);
    let swift = this.#known(aggregate, subject);
    let before: Folded<S> | undefined;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const folded: Folded<S> = swift ?? (await this.#fold(aggregate, subject));
      if (before && folded.remembered.ids.includes(ids(0)))
        return this.#appendedAfter(subject, before.sequence, ids(0), folded);
      const events = swift
        ? swiftly(aggregate, folded, command, { cause, firstId: ids(0) })
        : decideOn(aggregate, folded, command, { cause, firstId: ids(0) });
      const wasSwift = swift !== undefined;
      swift = undefined;
      if (events.length === 0 && wasSwift) continue;
      if (events.length === 0) return settled(folded);
      const decision = { subject, events, cause, ids, source, time: clock.now().toISOString() };
      // Another id each time: one that somebody else used would be refused for as long as the server remembers it.
      const messageId = before ? `${ids(0)}.${attempt}` : ids(0);
      before = folded;
      const decided = await this.#append(aggregate, folded, decision, messageId);
      if (decided) return decided;
    }
    throw new EventStoreError(
      'log-contended',
      `${subject} changed under each of ${attempts} attempts`,
      subject,
    );
  }

  /** What an append that nobody answered for came to: it is in the log, with our first id. */
  async #appendedAfter<S, E extends DomainEvent>(
    subject: string,
    sequence: number,
    firstId: string,
    folded: Folded<S>,
  ): Promise<Decided<S, E>> {
    const tail = (await this.#options.log.read(subject, sequence)).map(decodeOrHalt);
    const ours = tail.find(([first]) => first?.id === firstId) ?? [];
    return {
      ...settled<S, E>(folded),
      position: ours.at(-1)?.position ?? settled(folded).position,
      events: ours as unknown as StoredEvent<E>[],
    };
  }

  /** Undefined where another message came first, or nobody can say. */
  async #append<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    folded: Folded<S>,
    decision: Decision,
    messageId: string,
  ): Promise<Decided<S, E> | undefined> {
    const { subject, time } = decision;
    const bytes = encodeDecision(decision);
    const began = performance.now();
    const outcome = await this.#options.log.append({
      subject,
      expected: folded.sequence,
      bytes,
      id: messageId,
    });
    this.#options.onAppend?.((performance.now() - began) / 1000);
    if (outcome.status === 'conflict') return undefined;
    const { sequence } = outcome;
    const stored = decodeMessage(bytes, sequence, time);
    const next = { remembered: remember(aggregate.decider, folded.remembered, stored), sequence };
    this.#keep(cacheKey(aggregate, subject), next);
    const position = { sequence, index: stored.length - 1 };
    return { ...settled(next), position, events: stored as unknown as StoredEvent<E>[] };
  }

  async #fold<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Folded<S>> {
    const key = cacheKey(aggregate, subject);
    let known = this.#known(aggregate, subject) ?? (await this.#fromSnapshot(aggregate, subject));
    const last = (await this.#options.log.last(subject))?.sequence ?? 0;
    if (last === known.sequence) return this.#keep(key, known);
    if (last < known.sequence) known = nothing(aggregate);
    const tail = await this.#options.log.read(subject, known.sequence);
    let { remembered } = known;
    let sequence = known.sequence;
    for (const message of tail) {
      remembered = remember(aggregate.decider, remembered, decodeOrHalt(message));
      sequence = message.sequence;
    }
    if (tail.length >= snapshotEvery) {
      await this.#options.snapshots.keep(aggregate.name, aggregate.version, subject, {
        sequence,
        state: remembered,
      });
    }
    return this.#keep(key, { remembered, sequence });
  }

  /** The state as it was last seen by this process. */
  #known<S, C, E extends DomainEvent>(aggregate: Aggregate<S, C, E>, subject: string): Folded<S> | undefined {
    return this.#cache.get(cacheKey(aggregate, subject)) as Folded<S> | undefined;
  }

  #keep<S>(key: string, folded: Folded<S>): Folded<S> {
    this.#cache.set(key, folded);
    return folded;
  }

  async #fromSnapshot<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Folded<S>> {
    const snapshot = await this.#options.snapshots.find(aggregate.name, aggregate.version, subject);
    return snapshot
      ? { remembered: snapshot.state as Remembered<S>, sequence: snapshot.sequence }
      : nothing(aggregate);
  }
}

type Given = { readonly cause: Cause; readonly firstId: string };

/** What a command comes to on a state; nothing where its cause was decided upon before. */
const decideOn = <S, C, E extends DomainEvent>(
  { decider }: Aggregate<S, C, E>,
  { remembered }: Folded<S>,
  command: C,
  { cause, firstId }: Given,
): readonly E[] => (hasHandled(remembered, cause, firstId) ? [] : decider.decide(remembered.state, command));

/**
 * What a command comes to on the state as it was last known here. Whether that is still current is left to the append,
 * which expects its sequence; only where nothing would be appended does the log have to be asked, so a refusal is no
 * answer yet.
 */
const swiftly = <S, C, E extends DomainEvent>(
  ...args: Parameters<typeof decideOn<S, C, E>>
): readonly E[] => {
  try {
    return decideOn(...args);
  } catch (error) {
    if (isCommandRefused(error)) return [];
    throw error;
  }
};

const nothing = <S, C, E extends DomainEvent>(aggregate: Aggregate<S, C, E>): Folded<S> => ({
  remembered: remembering(aggregate.decider.initial),
  sequence: 0,
});

const cacheKey = (aggregate: { readonly name: string; readonly version: number }, subject: string): string =>
  `${aggregate.name}.${aggregate.version}|${subject}`;

const settled = <S, E extends DomainEvent>(folded: Folded<S>): Decided<S, E> => ({
  state: folded.remembered.state,
  events: [],
  position: { sequence: folded.sequence, index: 0 },
});
