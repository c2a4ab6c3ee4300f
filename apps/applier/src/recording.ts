import { setTimeout as delay } from 'node:timers/promises';

import { AdapterError } from '@syncline/kernel';

const firstDelayMs = 200;
const longestDelayMs = 5_000;

/**
 * Records something, again and again while the log cannot be written; `occurredAt` (RFC 3339) is when that was first tried.
 * Gives undefined where the signal ended that; throws what trying again does not help with.
 */
export const recordUntilDone = async <Recorded>(
  record: (occurredAt: string) => Promise<Recorded>,
  signal: AbortSignal,
): Promise<Recorded | undefined> => {
  const occurredAt = new Date().toISOString();
  for (let wait = firstDelayMs; ; wait = Math.min(longestDelayMs, wait * 2)) {
    try {
      return await record(occurredAt);
    } catch (error) {
      if (!(error instanceof AdapterError && error.retryable)) throw error;
      if (signal.aborted) return undefined;
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
};

/** Records what was last seen, one at a time: what is overtaken while the log is slow or away is left out. */
export class LatestRecorder<Seen> {
  #next: { readonly seen: Seen; readonly at: string } | undefined;
  #working: Promise<void> | undefined;
  /** Ends the work under way; there are thousands of these, and most of them rest. */
  #ending: AbortController | undefined;
  #isEnded = false;

  constructor(
    private readonly record: (seen: Seen, occurredAt: string) => Promise<unknown>,
    private readonly onFailure: (error: unknown) => void,
    /** What is waited for before something is taken to be recorded. */
    private readonly untilTurn?: () => Promise<void>,
  ) {}

  /** Takes what was seen; returns at once. */
  take(seen: Seen): void {
    if (this.#isEnded) return;
    this.#next = { seen, at: new Date().toISOString() };
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Resolves when what was taken is recorded, or cannot be. */
  async settled(): Promise<void> {
    await this.#working;
  }

  /** Takes nothing more and does not wait for the log to come back. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#ending?.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const ending = new AbortController();
    this.#ending = ending;
    while (this.#next && !this.#isEnded) {
      try {
        await recordUntilDone(() => this.#recordNext(), ending.signal);
      } catch (error) {
        this.onFailure(error);
      }
    }
    this.#ending = undefined;
  }

  /** Taken at each try, so that a retry records what is true by then. */
  async #recordNext(): Promise<void> {
    if (this.untilTurn) await this.untilTurn();
    const taken = this.#next;
    if (!taken) return;
    try {
      await this.record(taken.seen, taken.at);
    } catch (error) {
      if (!(error instanceof AdapterError && error.retryable) && this.#next === taken) this.#next = undefined;
      throw error;
    }
    if (this.#next === taken) this.#next = undefined;
  }
}
