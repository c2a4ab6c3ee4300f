import { randomUUID } from 'node:crypto';

import { accessAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { Aggregates } from '@syncline/kernel';

import type { RequestLog } from '../requests/log.js';
import type { Requester } from './requester.js';

const coalesceMs = 60_000;

type Tally = { count: number; reason: string; timer?: NodeJS.Timeout };

/**
 * Records what identified actors were denied: the first time at once, repeats of the same operation together once a minute,
 * because nobody may fill a log that cannot forget.
 */
export class Denials {
  readonly #tallies = new Map<string, Tally>();

  constructor(
    private readonly aggregates: Aggregates,
    private readonly log: RequestLog,
  ) {}

  /** `operation` is method and route, without the names in it. */
  add(requester: Requester, operation: string, reason: string): void {
    const key = `${requester.subject}|${operation}`;
    const tally = this.#tallies.get(key) ?? { count: 0, reason };
    tally.count += 1;
    this.#tallies.set(key, tally);
    if (tally.timer) return;
    tally.timer = setTimeout(() => this.#again(key, requester, operation), coalesceMs).unref();
    this.#record(tally, requester, operation);
  }

  #again(key: string, requester: Requester, operation: string): void {
    const tally = this.#tallies.get(key);
    this.#tallies.delete(key);
    if (tally && tally.count > 0) this.#record(tally, requester, operation);
  }

  #record(tally: Tally, requester: Requester, operation: string): void {
    const { count, reason } = tally;
    tally.count = 0;
    this.#append(requester, operation, reason, count).catch((error: unknown) =>
      this.log.warn({ err: error, operation }, 'a denial could not be recorded'),
    );
  }

  async #append(requester: Requester, operation: string, reason: string, count: number): Promise<void> {
    const subject = subjects.access(requester.subject);
    const { state } = await this.aggregates.load(accessAggregate, subject);
    const total = (state.denied[operation] ?? 0) + count;
    const cause = { actor: requester.actor, correlationId: randomUUID() };
    await this.aggregates.decide(accessAggregate, subject, { type: 'deny', operation, reason, total }, cause);
  }
}
