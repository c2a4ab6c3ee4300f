/**
 * Turns a stream into batches: whatever has arrived, at most `limit` at once. Gives an empty batch after `idleMs`
 * without anything, so that whoever waits can look around. Reads at most four batches ahead.
 */
export async function* batchesOf<Item>(
  source: AsyncIterable<Item>,
  { limit, idleMs }: { readonly limit: number; readonly idleMs: number },
): AsyncGenerator<readonly Item[]> {
  const queue: Item[] = [];
  const bell = new Bell();
  const room = new Bell();
  const outcome: { ended: boolean; error?: Error } = { ended: false };
  const read = async (): Promise<void> => {
    for await (const item of source) {
      queue.push(item);
      bell.ring();
      while (queue.length >= limit * 4 && !outcome.ended) await room.wait(idleMs);
      if (outcome.ended) return;
    }
  };
  void read()
    .catch((error: unknown) => {
      outcome.error = error instanceof Error ? error : new Error(String(error));
    })
    .finally(() => {
      outcome.ended = true;
      bell.ring();
    });
  try {
    for (;;) {
      if (queue.length === 0 && !outcome.ended) await bell.wait(idleMs);
      if (queue.length === 0 && outcome.ended) break;
      yield queue.splice(0, limit);
      room.ring();
    }
    if (outcome.error) throw outcome.error;
  } finally {
    outcome.ended = true;
    room.ring();
  }
}

/** Wakes whoever waits; a ring that nobody waits for is kept for the next one. */
class Bell {
  #wake: (() => void) | undefined;
  #rung = false;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}
