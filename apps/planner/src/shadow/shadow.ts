import {
  AdapterError,
  formatPosition,
  parsePosition,
  type DomainEvent,
  type StoredEvent,
} from '@syncline/kernel';

import { planner } from '../cause.js';
import { differenceOf, failureOf, isSameDecision, type Difference } from './compare.js';
import { NotRecorded, type Tried } from './moment.js';
import { eventAt, eventsOf, UnreadableSlice, type RecordedSlice } from './recorded-slice.js';
import { statesKept, type ShadowPlanner } from './shadow-planner.js';
import type { ShadowedPart, ShadowReport } from './shadow-report.js';

/** What may still be recorded: what the planner decided at once on an event. */
type Open = {
  readonly event: StoredEvent;
  readonly subject: string;
  readonly now: readonly (readonly DomainEvent[])[];
  readonly looked: ReadonlySet<string>;
  readonly failure?: string;
};

const ownSubjects = /^ev\.(?:config|app|plan|restore)\./;
/** At so many states between a cause and its decision it is looked whether the decision is made there. */
const mostStates = 16;
/** After so many differences only one of them is looked at: a planner that differs in everything is to be told in time too. */
const mostSought = 1_000;
const usuallyDecidedMs = 10_000;
const openAfter = statesKept / 2;

const hasParts = (now: readonly (readonly DomainEvent[])[], recorded: readonly StoredEvent[]): boolean =>
  now.some((events) => isSameDecision(recorded, events));

const isOutside = (error: unknown): boolean =>
  error instanceof NotRecorded || (error instanceof AdapterError && error.code === 'blob-missing');

const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);

/**
 * Lets the planner of this code react to a recorded log, event by event, and compares what it would append with what the record holds
 * for the same cause. It saw the log as it stood at some moment between a cause and its decision, and nobody recorded which: a
 * decision is the same where it is made at any of them.
 */
export class Shadow {
  readonly #from: number;
  readonly #to: number;
  readonly #stillOpenMs: number;
  readonly #open = new Map<string, Open>();
  readonly #notReplayed = new Map<string, number>();
  #decisions = 0;
  #same = 0;
  #different = 0;
  #forPersons = 0;
  #byTheClock = 0;
  #openAtTheEnd = 0;

  constructor(
    private readonly slice: RecordedSlice,
    private readonly shadowed: Pick<ShadowPlanner, 'listens' | 'react' | 'answer'>,
    private readonly differs: (difference: Difference) => void,
    { from = 1, to = slice.size, stillOpenMs = usuallyDecidedMs }: ShadowedPart = {},
  ) {
    [this.#from, this.#to, this.#stillOpenMs] = [from, to, stillOpenMs];
  }

  /** Goes through the whole record; `passed` is told of each message. */
  async run(passed: (sequence: number) => void = () => undefined): Promise<ShadowReport> {
    let last = '';
    for (let sequence = 1; sequence <= this.#to; sequence += 1) {
      const message = await this.slice.message(sequence);
      if (!message) continue;
      last = message.recordedAt;
      await this.#take(eventsOf(message), sequence);
      await this.#closeBefore(sequence - openAfter, sequence);
      passed(sequence);
    }
    await this.#closeBefore(this.#to + 1, this.#to, last);
    return {
      messages: this.#to - this.#from + 1,
      ...{ decisions: this.#decisions, same: this.#same, different: this.#different },
      notReplayed: Object.fromEntries(this.#notReplayed),
      ...{ forPersons: this.#forPersons, byTheClock: this.#byTheClock, openAtTheEnd: this.#openAtTheEnd },
    };
  }

  async #take(events: readonly StoredEvent[], sequence: number): Promise<void> {
    const [first] = events;
    if (first && sequence >= this.#from && ownSubjects.test(first.subject)) {
      const cause = first.causationSubject === undefined ? undefined : parsePosition(first.causationId ?? '');
      await (cause ? this.#decided(first, cause, events) : this.#asked(first, events));
    }
    for (const event of events) if (this.shadowed.listens(event)) await this.#react(event, sequence);
  }

  /** What the planner decides at once; it is compared when the record comes to it. */
  async #react(event: StoredEvent, upTo: number): Promise<void> {
    const now = event.recordedAt;
    const tried = await this.shadowed.react({ event, upTo, recorded: [], now, isInOrder: true });
    if (event.position.sequence < this.#from) return;
    const { looked } = tried;
    for (const [subject, decided] of tried.decided)
      this.#open.set(keyOf(event, subject), { event, subject, now: decided, looked });
    if (tried.error === undefined || isOutside(tried.error)) return;
    const failure = wordsOf(tried.error);
    this.#open.set(keyOf(event, ''), { event, subject: event.subject, now: [], looked, failure });
  }

  /** A recorded decision that somebody asked for, or that the clock led to. */
  async #asked(first: StoredEvent, recorded: readonly StoredEvent[]): Promise<void> {
    this.#decisions += 1;
    if (first.actor === planner) this.#byTheClock += 1;
    else this.#forPersons += 1;
    const { subject, position, occurredAt: now } = first;
    const upTo = position.sequence - 1;
    const ask = (at: number): Promise<Tried> =>
      this.shadowed.answer({ event: first, upTo: at, recorded, now, isInOrder: false });
    const tried = await ask(upTo);
    const isSame = (one: Tried): boolean => hasParts(one.decided.get(subject) ?? [], recorded);
    // How the last apply ended may have been read before it was recorded.
    const earlier = [...tried.looked].map((one) => this.slice.lastOf(one, upTo) - 1);
    let found = isSame(tried);
    for (const at of earlier) found ||= isSame(await ask(Math.max(0, at)));
    if (found) this.#same += 1;
    else this.#tell(undefined, subject, recorded, tried);
  }

  /** A recorded decision of a reaction. */
  async #decided(
    { subject, position, occurredAt }: StoredEvent,
    cause: StoredEvent['position'],
    recorded: readonly StoredEvent[],
  ): Promise<void> {
    this.#decisions += 1;
    const event = await eventAt(this.slice, cause);
    if (!event)
      throw new UnreadableSlice(`nothing stands at ${formatPosition(cause)}, the cause of ${subject}`);
    const open = this.#open.get(keyOf(event, subject));
    this.#open.delete(keyOf(event, subject));
    if (open && hasParts(open.now, recorded)) {
      this.#same += 1;
      return;
    }
    const before = position.sequence - 1;
    const first = await this.#at(event, before, recorded, occurredAt);
    const isSame =
      hasParts(first.decided.get(subject) ?? [], recorded) ||
      (await this.#isSameBetween({ event, subject, looked: first.looked }, before - 1, recorded, occurredAt));
    if (isSame) this.#same += 1;
    else this.#tell(event, subject, recorded, first);
  }

  async #isSameBetween(
    { event, subject, looked }: Pick<Open, 'event' | 'subject' | 'looked'>,
    upTo: number,
    recorded: readonly StoredEvent[],
    now: string,
  ): Promise<boolean> {
    // Where so much differs, it is not a moment that was missed.
    const states = this.#states(event, looked, upTo).slice(0, this.#different < mostSought ? mostStates : 1);
    for (const sequence of states) {
      const tried = await this.#at(event, sequence, recorded, now);
      const decided = tried.decided.get(subject) ?? [];
      if (recorded.length === 0 ? decided.length === 0 && !isFailure(tried) : hasParts(decided, recorded))
        return true;
    }
    return false;
  }

  /** The latest messages up to one after which a decision may come out otherwise. */
  #states(event: StoredEvent, looked: ReadonlySet<string>, upTo: number): readonly number[] {
    const { sequence } = event.position;
    const found = [...looked].flatMap((subject) => this.slice.between(subject, sequence, upTo));
    return [...new Set([...found, sequence])].sort((a, b) => b - a);
  }

  #at(event: StoredEvent, upTo: number, recorded: readonly StoredEvent[], now: string): Promise<Tried> {
    return this.shadowed.react({ event, upTo, recorded, now, isInOrder: false });
  }

  #tell(
    event: StoredEvent | undefined,
    subject: string,
    recorded: readonly StoredEvent[],
    tried: Tried,
  ): void {
    const [now] = tried.decided.get(subject) ?? [];
    if (!now && isOutside(tried.error)) {
      const what = tried.error instanceof NotRecorded ? tried.error.message : 'a blob';
      this.#notReplayed.set(what, (this.#notReplayed.get(what) ?? 0) + 1);
      return;
    }
    this.#different += 1;
    if (!now && tried.error !== undefined)
      this.differs(failureOf(event, subject, recorded, wordsOf(tried.error)));
    else this.differs(differenceOf(event, subject, recorded, now ?? []));
  }

  /** What was caused before a message and was not recorded so far: overtaken by what came after it, or only decided today. */
  async #closeBefore(before: number, upTo: number, end?: string): Promise<void> {
    for (const [key, open] of this.#open) {
      const { event, subject, now, failure } = open;
      if (event.position.sequence >= before) return;
      this.#open.delete(key);
      const reached = Math.min(upTo, event.position.sequence + openAfter);
      if (await this.#isSameBetween(open, reached, [], event.recordedAt)) continue;
      const isNearEnd =
        end !== undefined && Date.parse(end) - Date.parse(event.recordedAt) < this.#stillOpenMs;
      if (isNearEnd && failure === undefined) {
        this.#openAtTheEnd += 1;
        continue;
      }
      if (end === undefined && (await this.#isRecordedLater(open, upTo))) continue;
      this.#different += 1;
      this.differs(
        failure === undefined
          ? differenceOf(event, subject, [], now[0] ?? [])
          : failureOf(event, subject, [], failure),
      );
    }
  }

  /** Whether the planner came to it only long after: it was away, or what it had to ask did not answer. */
  async #isRecordedLater({ event, subject }: Open, after: number): Promise<boolean> {
    const cause = formatPosition(event.position);
    for (const sequence of this.slice.between(subject, after, this.#to)) {
      const message = await this.slice.message(sequence);
      const first = message && eventsOf(message)[0];
      if (first?.causationId === cause && first.causationSubject === event.subject) return true;
    }
    return false;
  }
}

const isFailure = ({ error }: Tried): boolean => error !== undefined && !isOutside(error);

const keyOf = ({ position }: StoredEvent, subject: string): string =>
  `${formatPosition(position)}|${subject}`;
