/** Nodes that agree on another leader answer nobody for some seconds; a server that writes nothing, for longer. */
const [tellAfter, tellAfterMs] = [2, 5_000];
/** Who has not tried for so long knows nothing. */
const forgetAfterMs = 60_000;

/** For how long nothing that was asked was answered. Times are in milliseconds, by one clock. */
export class Silence {
  #count = 0;
  #began = 0;
  #last = 0;

  /** Something that was asked at `asked` is given up. */
  goesOn(asked: number, now: number): void {
    if (this.#count === 0 || this.#isForgotten(now)) [this.#count, this.#began] = [0, asked];
    this.#count += 1;
    this.#last = now;
  }

  end(): void {
    this.#count = 0;
  }

  /** How many seconds it lasts; undefined where there is none to be told. */
  seconds(now: number): number | undefined {
    const lasts = now - this.#began;
    if (this.#count < tellAfter || lasts < tellAfterMs || this.#isForgotten(now)) return undefined;
    return Math.floor(lasts / 1000);
  }

  #isForgotten(now: number): boolean {
    return now - this.#last > forgetAfterMs;
  }
}
