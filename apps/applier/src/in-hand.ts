import { setTimeout as delay } from 'node:timers/promises';

/**
 * Dry runs and applies that are asked for or under way on all clusters of this process: what somebody waits for. What can
 * wait a moment lets them pass, so that one change reaches many clusters before all that follows it on the first of them.
 */
export class InHand {
  #count = 0;
  #waiting: (() => void)[] = [];

  /** Counts the work until it ends. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** Resolves when nothing of it is under way, or after the time. */
  async passed(mostMs: number): Promise<void> {
    if (this.#count === 0) return;
    const timer = new AbortController();
    const passed = new Promise<void>((resolve) => this.#waiting.push(resolve));
    const late = delay(mostMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([passed, late]);
    timer.abort();
  }
}
