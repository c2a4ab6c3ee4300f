/** How long changes are gathered before another is told, in milliseconds: the first time, and at most. */
export type Windows = { readonly firstMs: number; readonly longestMs: number };

const usual: Windows = { firstMs: 500, longestMs: 30_000 };

/**
 * Tells the first change at once and, of those that follow within a window, only the last. A window in which something
 * changed is followed by one twice as long, so that flapping is told ever more rarely and steadiness soon.
 */
export class Coalescer<Value> {
  #told: Value | undefined;
  #latest: Value | undefined;
  #windowMs: number;
  #window: NodeJS.Timeout | undefined;

  constructor(
    private readonly isSame: (a: Value, b: Value) => boolean,
    private readonly tell: (value: Value) => void,
    private readonly windows: Windows = usual,
  ) {
    this.#windowMs = windows.firstMs;
  }

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

  /** Whether there was something to tell. */
  #tellLatest(): boolean {
    const value = this.#latest;
    if (value === undefined || (this.#told !== undefined && this.isSame(this.#told, value))) return false;
    this.#told = value;
    this.#window = setTimeout(() => this.#closeWindow(), this.#windowMs).unref();
    this.tell(value);
    return true;
  }

  #closeWindow(): void {
    this.#window = undefined;
    const before = this.#windowMs;
    this.#windowMs = Math.min(this.windows.longestMs, before * 2);
    if (!this.#tellLatest()) this.#windowMs = this.windows.firstMs;
  }
}
