/** The latest folded aggregates, bounded; the least recently used one goes first. */
export class FoldCache<Value> {
  readonly #entries = new Map<string, Value>();

  constructor(private readonly bound: number) {}

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.bound) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
