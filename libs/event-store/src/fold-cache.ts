/** What the cache holds: how many values, and how many bytes they are about. */
export type CacheStanding = { readonly values: number; readonly bytes: number };

type Entry<Value> = {
  readonly value: Value;
  /** Length of its JSON when it was last written out for that. */
  readonly weighed: number;
  /** What was folded into it since. */
  readonly grown: number;
};

const sizeOf = (entry: Entry<unknown>): number => entry.weighed + entry.grown;
/** So little may be folded into a value before it is weighed again, however small it is. */
const negligible = 1_024;

/**
 * The latest folded aggregates, bounded by the length of their JSON; the least recently used ones go first. A value is
 * written out to be weighed when it is new, and then only when as much was folded into it as it weighed: between those it
 * counts as larger than it is, and weighing costs no more than a constant for each byte that was folded.
 */
export class FoldCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  #bytes = 0;

  constructor(private readonly boundBytes: number) {}

  get standing(): CacheStanding {
    return { values: this.#entries.size, bytes: this.#bytes };
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value; `foldedBytes` went into it since it was last kept. The newest stays, however large it is. */
  set(key: string, value: Value, foldedBytes: number): void {
    const before = this.#entries.get(key);
    this.#put(key, weigh(before, value, foldedBytes));
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.boundBytes || oldest === key) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(entry);
  }

  #put(key: string, entry: Entry<Value>): void {
    this.delete(key);
    this.#entries.set(key, entry);
    this.#bytes += sizeOf(entry);
  }
}

const weigh = <Value>(before: Entry<Value> | undefined, value: Value, foldedBytes: number): Entry<Value> => {
  const grown = (before?.grown ?? 0) + foldedBytes;
  if (before && grown <= Math.max(negligible, before.weighed))
    return { value, weighed: before.weighed, grown };
  return { value, weighed: JSON.stringify(value).length, grown: 0 };
};
