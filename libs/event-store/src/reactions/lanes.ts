import { AdapterError, type LogEntry, type LogMessage, type StoredEvent } from '@syncline/kernel';

import { decodeOrHalt } from '../logged-aggregates.js';
import type { Delivery, ReactionPlan } from './delivery.js';

/** How often and how patiently a failing event is tried before its subject is parked. */
export type Patience = {
  readonly retryableAttempts: number;
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
};
export const usualPatience: Patience = {
  retryableAttempts: 40,
  attempts: 4,
  firstDelayMs: 100,
  longestDelayMs: 5_000,
};

/** What lanes need of the service around them. */
export type LaneSurroundings = {
  readonly patience: Patience;
  /** Reads a subject after a sequence; for going on with a parked one. */
  readonly read: (subject: string, after: number) => Promise<readonly LogEntry[]>;
  readonly isParked: (subject: string) => boolean;
  readonly park: (
    event: Pick<StoredEvent, 'subject' | 'position' | 'correlationId'>,
    attempts: number,
    reason: string,
  ) => Promise<void>;
  /** Whether the log itself answers; while it does not, no attempt is counted. */
  readonly isConnected: () => boolean;
  readonly onFailure: (
    error: unknown,
    event: Pick<StoredEvent, 'subject' | 'position' | 'correlationId'>,
    attempt: number,
  ) => void;
  /** Waits, or less where the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
};

type Failure = {
  readonly event: Pick<StoredEvent, 'subject' | 'position' | 'correlationId'>;
  readonly attempts: number;
  readonly reason: string;
};

/**
 * Handles deliveries one at a time per subject and at once across subjects, at most `width` subjects at a time; one
 * that waits for its next attempt makes room for another. A delivery is acknowledged when it is handled, or when its
 * subject is parked.
 */
export class Lanes {
  readonly #waiting = new Map<string, Delivery[]>();
  readonly #ready: string[] = [];
  readonly #idle: (() => void)[] = [];
  /** Subjects whose deliveries wait for a catching up. */
  readonly #catchingUp = new Map<string, Promise<unknown>>();
  /** Up to where a catching up has handled a subject. */
  readonly #caughtUpTo = new Map<string, number>();
  readonly #stop = new AbortController();
  #running = 0;
  /** Of those that run, how many only wait for their next attempt. */
  #resting = 0;

  constructor(
    private readonly plan: ReactionPlan,
    private readonly around: LaneSurroundings,
    private readonly width = 64,
  ) {}

  /** How many deliveries are held or being handled. */
  get held(): number {
    return [...this.#waiting.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** When the oldest delivery that is held was recorded, nanoseconds since the epoch; undefined where none is. */
  get oldestNs(): bigint | undefined {
    const times = [...this.#waiting.values()].flatMap((queue) => queue[0]?.message.recordedAtNs ?? []);
    return times.reduce<bigint | undefined>(
      (oldest, time) => (oldest && oldest < time ? oldest : time),
      undefined,
    );
  }

  /** Takes a delivery; returns at once. */
  push(delivery: Delivery): void {
    if (this.#stop.signal.aborted) return;
    const { subject } = delivery.message;
    const queue = this.#waiting.get(subject);
    if (queue) {
      if (!queue.some((one) => one.message.sequence === delivery.message.sequence)) queue.push(delivery);
      return;
    }
    this.#waiting.set(subject, [delivery]);
    this.#ready.push(subject);
    this.#startLanes();
  }

  /** Tells the server that everything held is still ours. */
  keepAlive(): void {
    for (const queue of this.#waiting.values()) for (const delivery of queue) delivery.working();
  }

  /** Takes nothing more; resolves when the events in hand are handled. What waits is delivered again later. */
  async stop(): Promise<void> {
    this.#stop.abort();
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /**
   * Handles a parked subject from a sequence on, as long as there are messages, then calls `done`. Deliveries of the
   * subject wait for it, so that none is taken for parked in between. False where a message fails, or where this is under way.
   */
  async catchUp(subject: string, fromSequence: number, done: () => Promise<void>): Promise<boolean> {
    if (this.#catchingUp.has(subject)) return false;
    const handled = this.#handleFrom(subject, fromSequence).then(async (last) => {
      if (last === undefined) return false;
      await done();
      this.#caughtUpTo.set(subject, last);
      return true;
    });
    const settled = handled.catch(() => undefined).finally(() => this.#catchingUp.delete(subject));
    this.#catchingUp.set(subject, settled);
    return handled;
  }

  /** The last sequence that was handled; undefined where one failed. */
  async #handleFrom(subject: string, fromSequence: number): Promise<number | undefined> {
    let after = fromSequence - 1;
    for (;;) {
      const entries = await this.around.read(subject, after);
      if (entries.length === 0) return after;
      for (const { message } of entries) {
        if (await this.#tryMessage(message)) return undefined;
        after = message.sequence;
      }
    }
  }

  #startLanes(): void {
    while (this.#running - this.#resting < this.width && !this.#stop.signal.aborted) {
      const subject = this.#ready.shift();
      if (subject === undefined) return;
      this.#running += 1;
      void this.#drain(subject).finally(() => this.#laneEnded());
    }
  }

  #laneEnded(): void {
    this.#running -= 1;
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.#startLanes();
  }

  async #rest(ms: number): Promise<void> {
    this.#resting += 1;
    this.#startLanes();
    await this.around.delay(ms, this.#stop.signal);
    this.#resting -= 1;
  }

  async #drain(subject: string): Promise<void> {
    const queue = this.#waiting.get(subject) ?? [];
    for (let delivery = queue[0]; delivery && !this.#stop.signal.aborted; delivery = queue[0]) {
      const handled = await this.#handle(delivery);
      if (handled) delivery.ack();
      queue.shift();
    }
    this.#waiting.delete(subject);
  }

  /** Whether the delivery may be acknowledged. */
  async #handle(delivery: Delivery): Promise<boolean> {
    const { message } = delivery;
    await this.#catchingUp.get(message.subject);
    if (this.around.isParked(message.subject)) return true;
    if (message.sequence <= (this.#caughtUpTo.get(message.subject) ?? 0)) return true;
    const failure = await this.#tryMessage(message);
    return failure ? this.#parkUntilDone(failure) : true;
  }

  /** Parking is itself recorded in the log; while that does not work, the subject is held. False where we stop. */
  async #parkUntilDone(failure: Failure): Promise<boolean> {
    const { park, onFailure, patience } = this.around;
    for (let attempt = failure.attempts; !this.#stop.signal.aborted; attempt += 1) {
      try {
        await park(failure.event, failure.attempts, failure.reason);
        return true;
      } catch (error) {
        onFailure(error, failure.event, attempt);
        await this.#rest(patience.longestDelayMs);
      }
    }
    return false;
  }

  /** Handles a message's events in order, each as often as patience allows. */
  async #tryMessage(message: LogMessage): Promise<Failure | undefined> {
    const halted = {
      subject: message.subject,
      position: { sequence: message.sequence, index: 0 },
      correlationId: `halt-${message.sequence}`,
    };
    let events: readonly StoredEvent[];
    try {
      events = decodeOrHalt(message);
    } catch (error) {
      return { event: halted, attempts: 1, reason: reasonOf(error) };
    }
    for (const event of events) {
      const failure = await this.#tryEvent(event);
      if (failure) return failure;
    }
    return undefined;
  }

  async #tryEvent(event: StoredEvent): Promise<Failure | undefined> {
    const handlers = this.plan.handlers.get(event.type) ?? [];
    const { patience } = this.around;
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const handle of handlers) await handle(event);
        return undefined;
      } catch (error) {
        this.around.onFailure(error, event, attempt);
        if (!this.around.isConnected()) attempt -= 1;
        const allowed =
          error instanceof AdapterError && error.retryable ? patience.retryableAttempts : patience.attempts;
        if (attempt >= allowed || this.#stop.signal.aborted)
          return { event, attempts: Math.max(attempt, 1), reason: reasonOf(error) };
        await this.#rest(
          Math.min(patience.longestDelayMs, patience.firstDelayMs * 2 ** Math.max(0, attempt - 1)),
        );
      }
    }
  }
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);
