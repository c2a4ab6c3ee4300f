/** A rendered input as it is kept: bytes, and never a value of a Secret in the clear. */
export type Weighed = { readonly weight: number };

type KeptFailure = { readonly error: Error; readonly until: number };

const keptFailures = 1_000;

/**
 * What was made once for a key, shared by all who ask, also while it is being made. Bounded by weight (bytes); what was asked
 * for longest ago goes first. A failure is kept for as long as `keepsFailureMs` says, so that an input that takes long to fail
 * does so once and not for each who asks; not at all where it says 0.
 */
export class RenderCache<Value extends Weighed> {
  readonly #kept = new Map<string, Value>();
  readonly #making = new Map<string, Promise<Value>>();
  readonly #failed = new Map<string, KeptFailure>();
  #weight = 0;

  constructor(
    private readonly limit: number,
    private readonly keepsFailureMs: (error: unknown) => number = () => 0,
  ) {}

  /** The value of a key, made by `make` where there is none. */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept);
    }
    const failed = this.#failed.get(key);
    if (failed && performance.now() < failed.until) return Promise.reject(failed.error);
    const making = this.#making.get(key) ?? this.#make(key, make);
    this.#making.set(key, making);
    return making;
  }

  async #make(key: string, make: () => Promise<Value>): Promise<Value> {
    try {
      const value = await make();
      this.#keep(key, value);
      return value;
    } catch (error) {
      this.#keepFailure(key, error);
      throw error;
    } finally {
      this.#making.delete(key);
    }
  }

  #keepFailure(key: string, error: unknown): void {
    this.#failed.delete(key);
    const keptMs = this.keepsFailureMs(error);
    if (keptMs <= 0 || !(error instanceof Error)) return;
    this.#failed.set(key, { error, until: performance.now() + keptMs });
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > keptFailures && oldest !== undefined) this.#failed.delete(oldest);
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
