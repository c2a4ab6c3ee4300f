type Waiter = { readonly sequence: number; readonly tell: (arrived: boolean) => void };

/** Those who wait for a position, each with its own patience. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();

  wait(sequence: number, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        sequence,
        tell: (arrived) => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve(arrived);
        },
      };
      const timer = setTimeout(() => waiter.tell(false), timeoutMs);
      this.#waiting.add(waiter);
    });
  }

  arrive(sequence: number): void {
    for (const waiter of this.#waiting) if (sequence >= waiter.sequence) waiter.tell(true);
  }
}
