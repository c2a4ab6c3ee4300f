/** A rendered input as it is kept: bytes, and never a value of a Secret in the clear. */
export type Weighed = { readonly weight: number };

/**
 * What was made once for a key, shared by all who ask, also while it is being made. Bounded by weight (bytes); what was asked
 * for longest ago goes first. What failed is not kept.
 */
export class RenderCache<Value extends Weighed> {
  readonly #kept = new Map<string, Value>();
  readonly #making = new Map<string, Promise<Value>>();
  #weight = 0;

  constructor(private readonly limit: number) {}

  /** The value of a key, made by `make` where there is none. */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept);
    }
    const making = this.#making.get(key) ?? this.#make(key, make);
    this.#making.set(key, making);
    return making;
  }

  async #make(key: string, make: () => Promise<Value>): Promise<Value> {
    try {
      const value = await make();
      this.#keep(key, value);
      return value;
    } finally {
      this.#making.delete(key);
    }
  }

  #keep(key: string, value: Value): void {
    this.#kept.set(key, value);
    this.#weight += value.weight;
    for (const [oldest, one] of this.#kept) {
      if (this.#weight <= this.limit || oldest === key) return;
      this.#kept.delete(oldest);
      this.#weight -= one.weight;
    }
  }
}
