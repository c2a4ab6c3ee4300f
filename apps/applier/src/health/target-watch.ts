import type { TargetHealth } from '@syncline/kubernetes';

import { Coalescer } from './coalesce.js';
import { isPending, outOfTime } from './patience.js';

const awayRecheckMs = 5_000;

/** How one target's health is watched. */
export type TargetWatchOptions = {
  /** How long it was waited for to become Current already, in milliseconds. */
  readonly waitedMs: number;
  readonly timeoutSeconds: number;
  /** Time is not counted against a target that nobody can see. */
  readonly isConnected: () => boolean;
  /** Told of each transition, coalesced. */
  readonly tell: (health: TargetHealth) => void;
};

/** The health of one target: what the watches say, with a limit on how long it may be on its way. */
export class TargetWatch {
  #latest: TargetHealth | undefined;
  /** By a clock that nobody sets. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOutOfTime = false;
  readonly #coalescer: Coalescer<TargetHealth>;

  constructor(private readonly options: TargetWatchOptions) {
    this.#since = performance.now() - options.waitedMs;
    this.#coalescer = new Coalescer<TargetHealth>((a, b) => a.health === b.health, options.tell);
  }

  /** Takes what the watches say now. */
  see(health: TargetHealth): void {
    this.#latest = health;
    if (isPending(health.health)) this.#expect();
    else this.#settle(health);
    this.#tell();
  }

  /** Says again what is so; for after a time in which nothing was heard. */
  repeat(): void {
    this.#coalescer.repeat();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#coalescer.end();
  }

  #tell(): void {
    const health = this.#latest;
    if (!health) return;
    const isLate = this.#isOutOfTime && isPending(health.health);
    this.#coalescer.take(isLate ? outOfTime(health, this.options.timeoutSeconds) : health);
  }

  #settle({ health }: TargetHealth): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (health === 'Failed') return;
    this.#since = undefined;
    this.#isOutOfTime = false;
  }

  #expect(): void {
    if (this.#timer !== undefined || this.#isOutOfTime) return;
    this.#since ??= performance.now();
    this.#await(this.#since + this.options.timeoutSeconds * 1000 - performance.now());
  }

  #await(ms: number): void {
    this.#timer = setTimeout(() => this.#timeIsOver(), Math.max(0, ms)).unref();
  }

  #timeIsOver(): void {
    if (!this.options.isConnected()) {
      this.#await(awayRecheckMs);
      return;
    }
    this.#timer = undefined;
    this.#isOutOfTime = true;
    this.#tell();
  }
}
