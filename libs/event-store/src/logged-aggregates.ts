import { randomUUID } from 'node:crypto';

import { decodeMessage, encodeEvent, UnreadableEvent } from '@syncline/events';
import {
  formatPosition,
  hmacHex,
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

import { EventStoreError } from './event-store-error.js';
import { FoldCache } from './fold-cache.js';
import type { MessageLog, Snapshots } from './message-log.js';
import { causationOf, hasHandled, remember, remembering, type Remembered } from './remembered.js';

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

  async decide<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    command: C,
    cause: Cause,
  ): Promise<Decided<S, E>> {
    const idOf = this.#idsFor(subject, cause);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const folded = await this.#fold(aggregate, subject);
      if (hasHandled(folded.remembered, cause, idOf(0))) return settled(folded);
      const events = aggregate.decider.decide(folded.remembered.state, command);
      if (events.length === 0) return settled(folded);
      const decided = await this.#append(aggregate, subject, folded, events, cause, idOf);
      if (decided) return decided;
    }
    throw new EventStoreError(
      'log-contended',
      `${subject} changed under each of ${attempts} attempts`,
      subject,
    );
  }

  #idsFor(subject: string, cause: Cause): (index: number) => string {
    const { reaction, idempotencyKey } = cause;
    const key = reaction
      ? `reaction|${reaction.subject}|${formatPosition(reaction.position)}`
      : idempotencyKey === undefined
        ? `once|${randomUUID()}`
        : `key|${cause.actor}|${idempotencyKey}`;
    return (index) => hmacHex(this.#options.idKey, `${subject}|${key}|${index}`).slice(0, 32);
  }

  async #append<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    folded: Folded<S>,
    events: readonly E[],
    cause: Cause,
    idOf: (index: number) => string,
  ): Promise<Decided<S, E> | undefined> {
    const { clock, log, source, onAppend } = this.#options;
    const time = clock.now().toISOString();
    const { actor, correlationId, traceparent } = cause;
    const envelope = {
      source,
      subject,
      time,
      actor,
      correlationId,
      ...causationOf(cause),
      ...(traceparent && { traceparent }),
    };
    const encoded = events.map((event, index) => encodeEvent(event, { ...envelope, id: idOf(index) }));
    const bytes = new TextEncoder().encode(JSON.stringify(encoded));
    const began = performance.now();
    const outcome = await log.append({ subject, expected: folded.sequence, bytes, id: idOf(0) });
    onAppend?.((performance.now() - began) / 1000);
    if (outcome.status === 'conflict') return undefined;
    const stored = decodeMessage(bytes, outcome.sequence, time);
    const next = {
      remembered: remember(aggregate.decider, folded.remembered, stored),
      sequence: outcome.sequence,
    };
    this.#cache.set(cacheKey(aggregate, subject), next);
    return { ...settled(next), events: stored as unknown as StoredEvent<E>[] };
  }

  async #fold<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Folded<S>> {
    const key = cacheKey(aggregate, subject);
    const known =
      (this.#cache.get(key) as Folded<S> | undefined) ?? (await this.#fromSnapshot(aggregate, subject));
    const last = await this.#options.log.last(subject);
    if ((last?.sequence ?? 0) === known.sequence) return this.#keep(key, known);
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
      : { remembered: remembering(aggregate.decider.initial), sequence: 0 };
  }
}

const cacheKey = (aggregate: { readonly name: string; readonly version: number }, subject: string): string =>
  `${aggregate.name}.${aggregate.version}|${subject}`;

const settled = <S, E extends DomainEvent>(folded: Folded<S>): Decided<S, E> => ({
  state: folded.remembered.state,
  events: [],
  position: { sequence: folded.sequence, index: 0 },
});
