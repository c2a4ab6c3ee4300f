const firstWindowMs = 500;
const freeTells = 3;

/** How long what was told counts, and how long changes are gathered at most. */
export type Pace = { readonly rememberedMs: number; readonly longestWindowMs: number };

const lively: Pace = { rememberedMs: 60_000, longestWindowMs: 30_000 };

/** How long changes are gathered after one was told, by how many were told in the time that counts. */
const windowMs = (recentTells: number, { longestWindowMs }: Pace): number =>
  Math.min(longestWindowMs, firstWindowMs * 2 ** Math.max(0, recentTells - freeTells));

/**
 * Tells the first change at once and, of those that follow within a window, only the last. The more was told in the
 * last minute (or what the pace says), the longer the window: flapping is told ever more rarely, and a change after quiet at once.
 */
export class Coalescer<Value> {
  #told: Value | undefined;
  #latest: Value | undefined;
  #tellTimes: readonly number[] = [];
  #window: NodeJS.Timeout | undefined;

  constructor(
    private readonly isSame: (a: Value, b: Value) => boolean,
    private readonly tell: (value: Value) => void,
    private readonly pace: Pace = lively,
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
    const now = performance.now();
    this.#told = value;
    this.#tellTimes = this.#tellTimes.filter((time) => now - time < this.pace.rememberedMs).concat(now);
    this.#window = setTimeout(
      () => {
        this.#window = undefined;
        this.#tellLatest();
      },
      windowMs(this.#tellTimes.length, this.pace),
    ).unref();
    this.tell(value);
  }
}
