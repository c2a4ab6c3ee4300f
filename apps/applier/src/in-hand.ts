/**
 * Dry runs and applies that are asked for or under way on all clusters of this process: what somebody waits for. What can
 * wait a moment lets them pass, so that one change reaches many clusters before all that follows it on the first of them.
 */
export class InHand {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  /** Counts the work until it ends. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const goOn of this.#waiting) goOn();
    }
  }

  /** Resolves when nothing of it is under way, or after the time. */
  async passed(mostMs: number): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, mostMs);
      this.#waiting.add(goOn);
    });
  }
}
