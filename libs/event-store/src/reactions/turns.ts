/**
 * Lets work begin a few at a time over all clusters, so that what is planned first is applied while others are still being
 * planned. Work that takes longer than usual makes room for others: nobody waits for a slow cluster.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(
    private readonly atOnce: number,
    private readonly usualMs: number,
  ) {}

  /** How much work is at its turn. */
  get taken(): number {
    return this.#taken;
  }

  /** How much work waits for its turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Does the work when it is its turn. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#taken < this.atOnce) this.#taken += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let leave = (): void => {
      leave = () => undefined;
      this.#passOn();
    };
    const timer = setTimeout(() => leave(), this.usualMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      leave();
    }
  }

  /** Who waits longest takes the place. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }
}
