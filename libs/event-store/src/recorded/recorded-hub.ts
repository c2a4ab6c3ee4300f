import {
  type Aggregate,
  type Aggregates,
  type Cause,
  type Decided,
  type DomainEvent,
  type EventLog,
  type Loaded,
  type LogEntry,
  type LogFilter,
  type Position,
} from '@syncline/kernel';

import { decodeEntry, lastPositionOf } from '../decoded-event-log.js';
import { hasHandled } from '../remembered.js';
import { matchesAny } from '../subject-match.js';
import type { PastStates } from './past-states.js';
import type { RecordedMessages } from './recorded-messages.js';

/** Where in a recorded log somebody stands, and what is told of what they do there. */
export type Moment = {
  /** The last message that they see. */
  readonly upTo: number;
  /** What would have been appended to a subject. */
  readonly decided: (subject: string, events: readonly DomainEvent[]) => void;
  /** A subject was looked at. */
  readonly looked: (subject: string) => void;
};

/** Aggregates over a recorded log: decided as ever on the state of the moment, and nothing is appended. */
export class RecordedAggregates implements Aggregates {
  constructor(
    private readonly states: PastStates,
    private readonly moment: () => Moment,
  ) {}

  async load<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
  ): Promise<Loaded<S>> {
    const { upTo, looked } = this.moment();
    looked(subject);
    const { remembered, sequence } = await this.states.at(aggregate, subject, upTo);
    return { state: remembered.state, sequence };
  }

  async decide<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    command: C,
    cause: Cause,
  ): Promise<Decided<S, E>> {
    const { upTo, decided, looked } = this.moment();
    looked(subject);
    const { remembered, sequence } = await this.states.at(aggregate, subject, upTo);
    const events = hasHandled(remembered, cause, '')
      ? []
      : aggregate.decider.decide(remembered.state, command);
    if (events.length > 0) decided(subject, events);
    return { state: remembered.state, events: [], position: { sequence, index: 0 } };
  }
}

/** A recorded log as it was at a moment. It does not grow. */
export class RecordedLog implements EventLog {
  constructor(
    private readonly messages: RecordedMessages,
    private readonly moment: () => Moment,
  ) {}

  lastSequence(): Promise<number> {
    return Promise.resolve(this.moment().upTo);
  }

  async lastPosition(): Promise<Position> {
    const { upTo } = this.moment();
    for await (const entry of this.scan({ afterSequence: upTo - 1 })) return lastPositionOf(entry);
    return { sequence: upTo, index: 0 };
  }

  subjects(filter: string): Promise<readonly string[]> {
    return Promise.resolve(this.messages.subjects(filter, this.moment().upTo));
  }

  async read(subject: string, afterSequence = 0): Promise<readonly LogEntry[]> {
    const { upTo, looked } = this.moment();
    looked(subject);
    return (await this.messages.read(subject, afterSequence, upTo)).map(decodeEntry);
  }

  async *scan({ subjects, afterSequence = 0 }: LogFilter): AsyncIterable<LogEntry> {
    const all = this.messages.subjects('>', this.moment().upTo).filter((one) => matchesAny(subjects, one));
    const found = (await Promise.all(all.map((one) => this.read(one, afterSequence)))).flat();
    yield* found.sort((a, b) => a.message.sequence - b.message.sequence);
  }

  async *scanInBatches(filter: LogFilter): AsyncIterable<readonly LogEntry[]> {
    yield await Array.fromAsync(this.scan(filter));
  }

  follow(filter: LogFilter): AsyncIterable<LogEntry> {
    return this.scan(filter);
  }
}
