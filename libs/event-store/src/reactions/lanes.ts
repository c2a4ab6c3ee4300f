import type { LogEntry, LogMessage } from '@syncline/kernel';

import { Attempts, headOf, type Failure, type HandledEvent, type Patience } from './attempts.js';
import type { Delivery, ReactionPlan } from './delivery.js';
import { WaitingDeliveries } from './waiting-deliveries.js';

/** What lanes need of the service around them. */
export type LaneSurroundings = {
  readonly patience: Patience;
  /** Reads a subject after a sequence; for going on with a parked one, and for what was left in the log. */
  readonly read: (subject: string, after: number) => Promise<readonly LogEntry[]>;
  readonly isParked: (subject: string) => boolean;
  readonly park: (event: HandledEvent, attempts: number, reason: string) => Promise<void>;
  /** Whether the log itself answers; while it does not, no attempt is counted. */
  readonly isConnected: () => boolean;
  readonly onFailure: (error: unknown, event: HandledEvent, attempt: number) => void;
  /** Waits, or less where the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
};

/**
 * Handles deliveries one at a time per subject and at once across subjects, at most `width` subjects at a time; one
 * that waits for its next attempt makes room for another. A delivery is acknowledged when it is handled, or when its
 * subject is parked.
 */
export class Lanes {
  readonly #waiting = new WaitingDeliveries();
  readonly #ready: string[] = [];
  readonly #idle: (() => void)[] = [];
  /** Subjects whose deliveries wait for a catching up. */
  readonly #catchingUp = new Map<string, Promise<unknown>>();
  /** Up to where a catching up has handled a subject. */
  readonly #caughtUpTo = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #attempts: Attempts;
  #running = 0;
  /** Of those that run, how many only wait for their next attempt. */
  #resting = 0;

  constructor(
    plan: ReactionPlan,
    private readonly around: LaneSurroundings,
    private readonly width = 64,
  ) {
    this.#attempts = new Attempts(plan, around, this.#stop.signal, (ms) => this.#rest(ms));
  }

  /** How many deliveries are held or being handled. */
  get held(): number {
    return this.#waiting.held;
  }

  /** When the oldest delivery that is held was recorded, nanoseconds since the epoch; undefined where none is. */
  get oldestNs(): bigint | undefined {
    return this.#waiting.oldestNs;
  }

  /** Takes a delivery; returns at once. */
  push(delivery: Delivery): void {
    if (this.#stop.signal.aborted || !this.#waiting.take(delivery)) return;
    this.#ready.push(delivery.message.subject);
    this.#startLanes();
  }

  /** Tells the server that everything held is still ours. */
  keepAlive(): void {
    this.#waiting.keepAlive();
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
        if (await this.#attempts.of(message)) return undefined;
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
    for (let delivery = this.#waiting.next(subject); delivery; delivery = this.#waiting.next(subject)) {
      if (this.#stop.signal.aborted) {
        this.#waiting.drop(subject);
        return;
      }
      let handledUpTo = (await this.#handle(delivery)) ? delivery.message.sequence : undefined;
      // Between this comparison and `done` nothing is awaited, so nothing is left behind unseen.
      while (handledUpTo !== undefined && handledUpTo < this.#waiting.leftBehindLast(subject))
        handledUpTo = await this.#handleLeft(subject, handledUpTo);
      if (handledUpTo !== undefined) delivery.ack();
      this.#waiting.done(subject);
    }
  }

  /** Whether the delivery may be acknowledged. */
  async #handle({ message }: Delivery): Promise<boolean> {
    await this.#catchingUp.get(message.subject);
    return this.#isDone(message) || this.#handleOrPark(message);
  }

  /** Handles what of a subject was left in the log after a sequence. Up to where; undefined where we stop. */
  async #handleLeft(subject: string, after: number): Promise<number | undefined> {
    let handledUpTo = after;
    for (const { message } of await this.#readLeft(subject, after)) {
      if (this.#stop.signal.aborted) return undefined;
      // From here on its resumption reads the log.
      if (this.around.isParked(subject)) return Infinity;
      if (!this.#isDone(message) && !(await this.#handleOrPark(message))) return undefined;
      handledUpTo = message.sequence;
    }
    return this.#stop.signal.aborted ? undefined : handledUpTo;
  }

  /** Reads again until there is something: it was delivered, so it is in the log. Nothing where we stop. */
  async #readLeft(subject: string, after: number): Promise<readonly LogEntry[]> {
    const { read, onFailure, patience } = this.around;
    for (let attempt = 1; !this.#stop.signal.aborted; attempt += 1) {
      try {
        const entries = await read(subject, after);
        if (entries.length > 0) return entries;
      } catch (error) {
        onFailure(error, headOf({ subject, sequence: after }), attempt);
      }
      await this.#rest(patience.longestDelayMs);
    }
    return [];
  }

  /** Whether nothing is to be done for a message now: its subject is parked, or it was handled from the log. */
  #isDone({ subject, sequence }: LogMessage): boolean {
    return this.around.isParked(subject) || sequence <= (this.#caughtUpTo.get(subject) ?? 0);
  }

  async #handleOrPark(message: LogMessage): Promise<boolean> {
    const failure = await this.#attempts.of(message);
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
}
