import { setTimeout as delay } from 'node:timers/promises';

import { decodeMessage } from '@syncline/events';
import {
  isCommandRefused,
  OneAtATime,
  type Aggregate,
  type Aggregates,
  type Cause,
  type Clock,
  type Decided,
  type DomainEvent,
  type Loaded,
  type Position,
  type StoredEvent,
} from '@syncline/kernel';

import { decodeOrHalt } from './decode-or-halt.js';
import { encodeDecision, idsOf, type Decision } from './decision.js';
import { EventStoreError } from './event-store-error.js';
import { FoldedStates, type Folded, type StatesReport } from './folded-states.js';
import type { HeardMessage } from './heard-messages.js';
import type { TailOf } from './log-tail.js';
import type { MessageLog, Snapshots } from './message-log.js';
import { hasHandled, remember } from './remembered.js';

const attempts = 20;
/** So many attempts are made at once. Then what came first may be on its way between the nodes, where nobody can read it yet. */
const atOnce = 3;
const longestContentionMs = 100;
/** So many appends that nobody answers, while what was there before can be read, and the log takes nothing. */
const mostUnanswered = 4;

/** What aggregates tell of their work. */
export type AggregatesReport = StatesReport & {
  /** An append was answered, or given up; `hasConflict` where it has to be decided again. */
  readonly appended?: (seconds: number, hasConflict: boolean) => void;
};

/** What an {@link LoggedAggregates} stands on. `source` names the writer in CloudEvents, such as `/syncline/planner`. */
export type AggregatesOptions = {
  readonly log: MessageLog;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly source: string;
  readonly idKey: Uint8Array;
  readonly report?: AggregatesReport;
  /** What shows this process the subjects that it loads, as they change. */
  readonly tailOf?: TailOf;
};

/** Aggregates folded from the log: load, fold, decide, append, and again on a lost race. */
export class LoggedAggregates implements Aggregates {
  readonly #options: AggregatesOptions;
  readonly #states: FoldedStates;
  readonly #turns = new OneAtATime();

  constructor(options: AggregatesOptions) {
    this.#options = options;
    this.#states = new FoldedStates(options.log, options.snapshots, options.report, options.tailOf);
  }

  /** Takes note of a message that was delivered to this process. */
  hear(message: HeardMessage): void {
    this.#states.hear(message);
  }

  async load<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    since?: Position,
  ): Promise<Loaded<S>> {
    const folded = await this.#states.current(aggregate, subject, since?.sequence);
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

  /**
   * First on the state as it was last known here, then on the log's. Whether it is current is left to the append, which
   * expects its sequence; only where nothing would be appended does it have to be, so a refusal on what may be stale is no
   * answer. To a reaction, current is what holds everything up to the event that it reacts to: what comes after that is reacted to
   * in its turn.
   */
  async #decide<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    command: C,
    cause: Cause,
  ): Promise<Decided<S, E>> {
    const { idKey, source, clock } = this.#options;
    const ids = idsOf(idKey, subject, cause);
    const given = { cause, firstId: ids(0) };
    /** What is remembered will not do after an append that it did not fit to. */
    let since = cause.reaction?.position.sequence;
    let known = this.#states.known(aggregate, subject);
    /** Where the log stood before the first append that nobody answered for: after that, one of ours may stand. */
    let unanswered: number | undefined;
    let answerless = 0;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const folded: Folded<S> = known ?? (await this.#states.current(aggregate, subject, since));
      if (unanswered !== undefined && folded.remembered.ids.includes(ids(0)))
        return this.#appendedAfter(subject, unanswered, ids(0), folded);
      const events = known
        ? decideTentatively(aggregate, folded, command, given)
        : decideOn(aggregate, folded, command, given);
      if (events.length === 0 && !known) return settled(folded);
      known = undefined;
      if (events.length === 0) continue;
      const time = cause.occurredAt ?? clock.now().toISOString();
      const decision = { subject, events, cause, ids, source, time };
      // Another id each time: one that somebody else used would be refused for as long as the server remembers it.
      const messageId = attempt === 0 ? ids(0) : `${ids(0)}.${attempt}`;
      const decided = await this.#append(aggregate, folded, decision, messageId);
      since = undefined;
      if (decided === 'unknown') {
        unanswered ??= folded.sequence;
        answerless += 1;
        if (answerless >= mostUnanswered) throw unrecorded(subject);
      } else if (decided !== 'conflict') return decided;
      else if (attempt >= atOnce) await delay(contentionMs(attempt));
    }
    throw contended(subject);
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

  /** `conflict` where another message came first, `unknown` where nobody can say. */
  async #append<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    folded: Folded<S>,
    decision: Decision,
    messageId: string,
  ): Promise<Decided<S, E> | 'conflict' | 'unknown'> {
    const { subject, time } = decision;
    const bytes = encodeDecision(decision);
    const began = performance.now();
    const epoch = this.#states.epochOf(subject);
    const outcome = await this.#options.log.append({
      subject,
      expected: folded.sequence,
      bytes,
      id: messageId,
    });
    const { status } = outcome;
    this.#options.report?.appended?.((performance.now() - began) / 1000, status !== 'appended');
    if (status !== 'appended') return status;
    const { sequence } = outcome;
    const stored = decodeMessage(bytes, sequence, time);
    const next = { remembered: remember(aggregate.decider, folded.remembered, stored), sequence, epoch };
    this.#states.keep(aggregate, subject, next, bytes.length);
    const position = { sequence, index: stored.length - 1 };
    return { ...settled(next), position, events: stored as unknown as StoredEvent<E>[] };
  }
}

/** Ever longer, and for not as long as another writer. */
const contentionMs = (attempt: number): number => Math.random() * Math.min(longestContentionMs, 2 ** attempt);

const contended = (subject: string): EventStoreError =>
  new EventStoreError('log-contended', `${subject} changed under each of ${attempts} attempts`, subject);

/** The server reads and does not write: its disk is full, or nobody leads its stream. */
const unrecorded = (subject: string): EventStoreError =>
  new EventStoreError(
    'log-unreachable',
    `record on ${subject}: the log's server answers, and takes nothing; look at its disk and its log`,
    subject,
  );

type Given = { readonly cause: Cause; readonly firstId: string };

/** What a command comes to on a state; nothing where its cause was decided upon before. */
const decideOn = <S, C, E extends DomainEvent>(
  { decider }: Aggregate<S, C, E>,
  { remembered }: Folded<S>,
  command: C,
  { cause, firstId }: Given,
): readonly E[] => (hasHandled(remembered, cause, firstId) ? [] : decider.decide(remembered.state, command));

/** The same on a state that may be stale: a refusal is nothing to go by. */
const decideTentatively = <S, C, E extends DomainEvent>(
  ...args: Parameters<typeof decideOn<S, C, E>>
): readonly E[] => {
  try {
    return decideOn(...args);
  } catch (error) {
    if (isCommandRefused(error)) return [];
    throw error;
  }
};

const settled = <S, E extends DomainEvent>(folded: Folded<S>): Decided<S, E> => ({
  state: folded.remembered.state,
  events: [],
  position: { sequence: folded.sequence, index: 0 },
});
