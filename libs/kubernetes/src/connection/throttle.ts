import { setTimeout as delay } from 'node:timers/promises';

import type { KubernetesError } from '../kubernetes-error.js';

/** Longer than this nothing is waited for inside a request: whoever asked decides what to do meanwhile. */
export const longestAskMs = 10_000;
/** So long a request waits until its turn comes. */
const longestTurnMs = 10_000;
/** How long a server that throttles is left alone where it does not say. */
const unsaidMs = 1_000;

/** Told when a server begins to throttle, with its words, and with undefined when a request passes again. */
export type ThrottleListener = (reason: string | undefined) => void;

/** What came of a request that was let through: a failure, no failure, or nothing that says anything about the server. */
export type Passed = (came: KubernetesError | 'answered' | 'unknown') => void;

/**
 * Leaves an API server alone for as long as it asks (`Retry-After`, RFC 9110): while it does, nothing is sent to it. Then one
 * request goes ahead, and the others follow when that one has passed.
 */
export class Throttle {
  #asked: KubernetesError | undefined;
  #until = 0;
  /** Ends with the request that goes ahead. */
  #ahead: AbortController | undefined;

  constructor(private readonly tell: ThrottleListener) {}

  /** Waits for its turn. Throws `throttled` where that would take too long; an abort of the signal is thrown as it is. */
  async pass(signal?: AbortSignal): Promise<Passed> {
    const entered = performance.now();
    while (this.#asked) {
      const now = performance.now();
      const pauseMs = this.#until - now;
      if (pauseMs > longestAskMs || now - entered > longestTurnMs) throw this.#asked;
      if (pauseMs <= 0 && !this.#ahead) return this.#goAhead();
      const ends = [this.#ahead?.signal, signal].filter((one) => one !== undefined);
      const wait = pauseMs > 0 ? pauseMs : longestTurnMs;
      await delay(wait, undefined, { signal: AbortSignal.any(ends), ref: false }).catch(() => undefined);
      signal?.throwIfAborted();
    }
    return (came) => this.#note(came);
  }

  #goAhead(): Passed {
    const ahead = new AbortController();
    this.#ahead = ahead;
    return (came) => {
      this.#ahead = undefined;
      this.#note(came);
      if (came !== 'unknown' && !isThrottled(came)) this.#open();
      ahead.abort();
    };
  }

  #note(came: Parameters<Passed>[0]): void {
    if (!isThrottled(came)) return;
    const isNews = !this.#asked;
    this.#asked = came;
    this.#until = Math.max(this.#until, performance.now() + (came.details.retryAfterMs ?? unsaidMs));
    if (isNews) this.tell(came.message);
  }

  #open(): void {
    this.#asked = undefined;
    this.tell(undefined);
  }
}

const isThrottled = (came: Parameters<Passed>[0]): came is KubernetesError =>
  typeof came === 'object' && came.code === 'throttled';
