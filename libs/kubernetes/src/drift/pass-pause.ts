const firstMs = 250;
const longestMs = 10_000;
const freePasses = 6;
const rememberedMs = 60_000;

/**
 * How long a target is left alone between two looks at it: a moment, and longer the more often something had to be read in the
 * last minute, so that who writes without a pause costs a request now and then, not one for every write.
 */
export class PassPause {
  #passes: readonly number[] = [];

  /** Something had to be read at this instant, in milliseconds. */
  note(now: number): void {
    this.#passes = [...this.#passes.filter((at) => now - at < rememberedMs), now];
  }

  /** In milliseconds. */
  length(now: number): number {
    const recent = this.#passes.filter((at) => now - at < rememberedMs).length;
    return Math.min(longestMs, firstMs * 2 ** Math.max(0, recent - freePasses));
  }
}
