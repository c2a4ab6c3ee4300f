import type { Aggregate, Aggregates, Cause, Decided, DomainEvent, Loaded } from '@syncline/kernel';

/** What a process that was killed after an append leaves behind: the append stands, and nothing comes after it. */
export class EndingAggregates implements Aggregates {
  #appended = 0;

  /** @param after how many appends it lives for. */
  constructor(
    private readonly real: Aggregates,
    private readonly after: number,
  ) {}

  get hasEnded(): boolean {
    return this.#appended >= this.after;
  }

  load<S, C, E extends DomainEvent>(aggregate: Aggregate<S, C, E>, subject: string): Promise<Loaded<S>> {
    this.#live();
    return this.real.load(aggregate, subject);
  }

  async decide<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    command: C,
    cause: Cause,
  ): Promise<Decided<S, E>> {
    this.#live();
    const decided = await this.real.decide(aggregate, subject, command, cause);
    if (decided.events.length > 0) this.#appended += 1;
    this.#live();
    return decided;
  }

  #live(): void {
    if (this.hasEnded) throw new Error('the process was killed');
  }
}
