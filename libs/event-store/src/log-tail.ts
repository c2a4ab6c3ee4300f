/** For how long it is waited until the tail has come to where a decision's cause stands; it is mostly there before. */
const reachMs = 50;

type Waiter = { readonly sequence: number; readonly resolve: (hasReached: boolean) => void };

/**
 * What this process was shown of the log, message by message and without a gap, since it began to watch: the last
 * sequence of each subject. A state that the log confirmed since then, and whose subject was shown nothing later, is known to hold
 * everything up to where the tail stands, without asking the log again.
 */
export class LogTail {
  /** Counts beginnings; 0 while nothing is watched. */
  #epoch = 0;
  #begun = 0;
  #upTo = 0;
  readonly #last = new Map<string, number>();
  #waiting: Waiter[] = [];

  /** What a state has to be confirmed in for the tail to know it. */
  get epoch(): number {
    return this.#epoch;
  }

  /** From here on every message after a sequence is shown, whatever was shown before. */
  begin(after = 0): void {
    this.#begun += 1;
    this.#epoch = this.#begun;
    this.#upTo = after;
    this.#last.clear();
  }

  /** Something may be missed from now on. */
  end(): void {
    this.#epoch = 0;
    this.#upTo = 0;
    this.#last.clear();
    for (const { resolve } of this.#waiting.splice(0)) resolve(false);
  }

  /** A message, in the order of the log; one that was shown before changes nothing. */
  show({ subject, sequence }: { readonly subject: string; readonly sequence: number }): void {
    if (this.#epoch === 0 || sequence <= this.#upTo) return;
    this.#upTo = sequence;
    this.#last.set(subject, sequence);
    if (this.#waiting.length === 0) return;
    const reached = this.#waiting.filter((waiter) => waiter.sequence <= sequence);
    this.#waiting = this.#waiting.filter((waiter) => waiter.sequence > sequence);
    for (const { resolve } of reached) resolve(true);
  }

  /** Whether the tail stands at a sequence, or comes to it in a moment. */
  reaches(sequence: number): Promise<boolean> {
    if (this.#epoch === 0) return Promise.resolve(false);
    if (this.#upTo >= sequence) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (hasReached: boolean): void => {
        clearTimeout(timer);
        resolve(hasReached);
      };
      const waiter = { sequence, resolve: settle };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        resolve(false);
      }, reachMs);
      this.#waiting.push(waiter);
    });
  }

  /** Whether a state at a sequence of its subject, confirmed in an epoch, holds all that the tail was shown. */
  vouches(subject: string, sequence: number, epoch: number): boolean {
    return epoch !== 0 && epoch === this.#epoch && (this.#last.get(subject) ?? 0) <= sequence;
  }
}

/** Which tail shows a subject; undefined where none does. */
export type TailOf = (subject: string) => LogTail | undefined;
