import type { Clock } from '@syncline/kernel';

const windowMs = 60_000;
const allowed = 30;
const remembered = 10_000;

type Window = { since: number; count: number };

/** Counts failed attempts to prove who one is, by address and minute; bounded, in memory. */
export class FailedAttempts {
  readonly #windows = new Map<string, Window>();

  constructor(private readonly clock: Clock) {}

  /** Counts one more; gives the seconds to wait where there were too many. */
  add(address: string): number | undefined {
    const now = this.clock.now().getTime();
    const known = this.#windows.get(address);
    const isIn = known !== undefined && known.since <= now && now - known.since < windowMs;
    // A clock that was set back begins a window of its own, instead of one that lasts until it catches up.
    const window = isIn ? known : { since: now, count: 0 };
    window.count += 1;
    this.#windows.delete(address);
    this.#windows.set(address, window);
    if (this.#windows.size > remembered) this.#forgetOldest();
    return window.count > allowed ? Math.ceil((window.since + windowMs - now) / 1000) : undefined;
  }

  #forgetOldest(): void {
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
