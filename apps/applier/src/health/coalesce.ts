const firstWindowMs = 500;
const longestWindowMs = 30_000;
const freeTells = 3;
const rememberedMs = 60_000;

/** How long changes are gathered after one was told, by how many were told in the last minute. */
const windowMs = (recentTells: number): number =>
  Math.min(longestWindowMs, firstWindowMs * 2 ** Math.max(0, recentTells - freeTells));

/**
 * Tells the first change at once and, of those that follow within a window, only the last. The more was told in the
 * last minute, the longer the window: flapping is told ever more rarely, and a change after quiet at once.
 */
export class Coalescer<Value> {
  #told: Value | undefined;
  #latest: Value | undefined;
  #tellTimes: readonly number[] = [];
  #window: NodeJS.Timeout | undefined;

  constructor(
    private readonly isSame: (a: Value, b: Value) => boolean,
    private readonly tell: (value: Value) => void,
  ) {}

  /** Takes what is true now. */
  take(value: Value): void {
    this.#latest = value;
    if (this.#window === undefined) this.#tellLatest();
  }

  /** Tells what is true now even where it was told before; for a listener that may not have heard it. */
  repeat(): void {
    this.#told = undefined;
    if (this.#window === undefined) this.#tellLatest();
  }

  /** Tells nothing more. */
  end(): void {
    clearTimeout(this.#window);
    this.#latest = undefined;
  }

  #tellLatest(): void {
    const value = this.#latest;
    if (value === undefined || (this.#told !== undefined && this.isSame(this.#told, value))) return;
    const now = Date.now();
    this.#told = value;
    this.#tellTimes = [...this.#tellTimes.filter((time) => now - time < rememberedMs), now];
    this.#window = setTimeout(() => {
      this.#window = undefined;
      this.#tellLatest();
    }, windowMs(this.#tellTimes.length)).unref();
    this.tell(value);
  }
}
