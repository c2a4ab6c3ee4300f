import { setTimeout as sleep } from 'node:timers/promises';

import type { EventLog, LogEntry, Position } from '@syncline/kernel';
import type { Pool } from 'pg';

import { shadowSchema, viewsSchema } from '../reading/data-source.js';
import { ViewsError } from '../reading/views-error.js';
import { batchesOf } from './batches.js';
import { openPool } from './database.js';
import {
  catchUp,
  dropRetired,
  fillShadow,
  makeShadow,
  migrate,
  swap,
  swapAndCompare,
  type Rebuilt,
} from './rebuild.js';
import { findStanding, lastIndexOf, projectBatch, standingOf, type Standing } from './store.js';
import { Turns } from './turns.js';
import { Waiters } from './waiters.js';

const batchLimit = 1_000;
const idleMs = 1_000;
const retryMs = 1_000;
/** While one message after the other comes, what comes within so long is one transaction: each costs far more than a message. */
const gatherMs = 100;
/** The same while many come at once. */
const gatherManyMs = 300;
const many = 30;
/** From so many messages on, folding in memory and COPY are faster than batch by batch. */
const bulkFrom = 20_000;

/** What the projector tells to whoever shows metrics and logs. */
export type ProjectorReport = {
  readonly projected?: (messages: number, seconds: number) => void;
  readonly setAside?: (subject: string, sequence: number, reason: string) => void;
  readonly failed?: (error: unknown) => void;
  readonly back?: (sequence: number) => void;
  /** Tables are made anew from the log, up to here, of so many messages as there were at the beginning. */
  readonly rebuilding?: (sequence: number, of: number) => void;
};

/**
 * Keeps the views equal to the log: follows it from where the tables stand, a batch and its position in one transaction.
 * Whatever happens to Postgres is noticed within a second or two; what is missing is made again from the log.
 */
export class Projector {
  readonly #pool: Pool;
  readonly #stop = new AbortController();
  readonly #turns = new Turns();
  readonly #waiters = new Waiters();
  #running: Promise<void> | undefined;
  #sequence = 0;
  #index = 0;
  #rebuiltTo: number | undefined;
  #away: string | undefined = 'the views are not open yet';

  constructor(
    private readonly log: EventLog,
    private readonly url: string,
    private readonly report: ProjectorReport = {},
  ) {
    this.#pool = openPool(url);
  }

  /** The position of the last event whose row is committed. */
  get position(): Position {
    return { sequence: this.#sequence, index: this.#index };
  }

  /** The sequence of the last message whose rows are committed. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Up to which sequence tables are made anew from the log, where that is under way. */
  get rebuiltTo(): number | undefined {
    return this.#rebuiltTo;
  }

  /** Why the views cannot be read now, in a sentence; undefined where they can. */
  get away(): string | undefined {
    return this.#away;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#pool.end().catch(() => undefined);
  }

  /** Whether the rows of this message are committed within the time. */
  waitFor(sequence: number, timeoutMs: number): Promise<boolean> {
    return this.#away === undefined && this.#sequence >= sequence
      ? Promise.resolve(true)
      : this.#waiters.wait(sequence, timeoutMs);
  }

  /** Makes every table anew from the log beside the live ones, swaps them in one transaction, and compares. */
  async rebuild(): Promise<Rebuilt> {
    const began = performance.now();
    const filled = await this.#fillShadow();
    let [sequence, seconds] = [filled, 0];
    const compared = await swapAndCompare(this.#pool, (swapThem) =>
      this.#turns.take(async () => {
        const { sequence: live } = await standingOf(this.#pool, viewsSchema);
        sequence = Math.max(live, filled);
        await catchUp(this.#pool, this.log, shadowSchema, sequence);
        await catchUp(this.#pool, this.log, viewsSchema, sequence);
        await swapThem();
        this.#arrive({ sequence, index: await lastIndexOf(this.#pool, viewsSchema, sequence) });
        seconds = (performance.now() - began) / 1000;
      }),
    );
    return { sequence, ...compared, seconds };
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#open();
        await this.#follow();
      } catch (error) {
        this.#away = `the views are away: ${error instanceof Error ? error.message : String(error)}`;
        this.report.failed?.(error);
        await sleep(retryMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  async #open(): Promise<void> {
    const standing = await this.#turns.take(() => this.#stand());
    const last = await this.log.lastSequence();
    this.#sequence = standing.sequence;
    if (!standing.isCurrent || standing.sequence > last || last - standing.sequence > bulkFrom) {
      await this.#fillAnew();
    }
    const index = await lastIndexOf(this.#pool, viewsSchema, this.#sequence);
    this.#away = undefined;
    this.#arrive({ sequence: this.#sequence, index });
    this.report.back?.(this.#sequence);
  }

  /** Tables of another version are replaced as they are: what adds to them presumes those of this one. */
  async #stand(): Promise<Standing> {
    const known = await findStanding(this.#pool, viewsSchema);
    if (known && !known.isCurrent) return known;
    await migrate(this.#pool, this.url, viewsSchema);
    return standingOf(this.#pool, viewsSchema);
  }

  /** Tables that another version made, or that are far behind, are not worth a comparison. */
  async #fillAnew(): Promise<void> {
    await this.#turns.take(async () => {
      const sequence = await this.#fillShadow();
      await swap(this.#pool);
      await dropRetired(this.#pool);
      this.#sequence = sequence;
    });
  }

  async #fillShadow(): Promise<number> {
    const of = await this.log.lastSequence();
    const progress = (at: number): void => {
      this.#rebuiltTo = at;
      this.report.rebuilding?.(at, of);
    };
    try {
      progress(0);
      await makeShadow(this.#pool, this.url);
      return await fillShadow(this.#pool, this.url, this.log, progress);
    } finally {
      this.#rebuiltTo = undefined;
    }
  }

  async #follow(): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, ended.signal]);
    const source = this.log.follow({ afterSequence: this.#sequence }, signal);
    try {
      for await (const batch of batchesOf(source, { limit: batchLimit, idleMs })) {
        if (this.#stop.signal.aborted) return;
        await this.#turns.take(() => (batch.length === 0 ? this.#lookAround() : this.#project(batch)));
        if (batch.length > 0 && batch.length < batchLimit)
          await sleep(batch.length < many ? gatherMs : gatherManyMs, undefined, {
            signal: this.#stop.signal,
          }).catch(() => undefined);
      }
    } finally {
      ended.abort();
    }
  }

  async #project(batch: readonly LogEntry[]): Promise<void> {
    const began = performance.now();
    const sequence = await projectBatch(this.#pool, viewsSchema, batch, this.#sequence);
    for (const { unreadable } of batch) {
      if (!unreadable) continue;
      this.report.setAside?.(unreadable.message.subject, unreadable.message.sequence, unreadable.reason);
    }
    this.report.projected?.(batch.length, (performance.now() - began) / 1000);
    const last = batch.at(-1);
    const isLast = last?.message.sequence === sequence;
    this.#arrive({ sequence, index: isLast ? Math.max(0, last.events.length - 1) : this.#index });
  }

  /** Notices tables that were dropped while nothing happened. */
  async #lookAround(): Promise<void> {
    const { sequence } = await standingOf(this.#pool, viewsSchema);
    if (sequence < this.#sequence) throw new ViewsError('the tables stand before what was projected');
  }

  #arrive({ sequence, index }: Position): void {
    [this.#sequence, this.#index] = [sequence, index];
    this.#waiters.arrive(sequence);
  }
}
