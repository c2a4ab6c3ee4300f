import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Pool, PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

import type { AnyTable } from '../tables/table.js';
import type { TableChanges } from './row-set.js';
import { copyLine } from './stored-text.js';
import { list, nameOf } from './write.js';

/** Bytes of one table that are copied at once, and how many copies may wait before the reader has to. */
const copiedAtOnce = 1024 * 1024;
const mostWaiting = 8;
/** UTF-8 takes no more of a UTF-16 code unit. */
const mostBytes = 3;

/** Lines of one table that wait for being copied. */
type Held = { readonly bytes: Buffer; used: number };

/**
 * Fills the tables of a schema by COPY, the fastest way there is, on a connection of its own while the next rows are
 * made. None of their keys may be there yet. Memory stays bounded: who adds waits for what was added long before.
 */
export class BulkLoad {
  readonly #held = new Map<AnyTable, Held>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #failure: unknown;

  private constructor(
    private readonly client: PoolClient,
    private readonly schema: string,
  ) {}

  static async into<Result>(
    pool: Pool,
    schema: string,
    work: (load: BulkLoad) => Promise<Result>,
  ): Promise<Result> {
    const client = await pool.connect();
    try {
      // Nothing reads the schema before the swap is committed, and that waits for all that was written before it.
      await client.query('SET synchronous_commit = off');
      const load = new BulkLoad(client, schema);
      const result = await work(load);
      await load.#finish();
      await client.query('RESET synchronous_commit');
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async add({ table, rows }: TableChanges): Promise<void> {
    for (const row of rows) this.#hold(table, copyLine(table.columns, row));
    while (this.#waiting > mostWaiting) await this.#last;
    this.#check();
  }

  async #finish(): Promise<void> {
    for (const table of [...this.#held.keys()]) this.#send(table);
    await this.#last;
    this.#check();
  }

  #hold(table: AnyTable, line: string): void {
    const most = line.length * mostBytes;
    let held = this.#held.get(table);
    if (held && held.used + most > held.bytes.length) {
      this.#send(table);
      held = undefined;
    }
    if (!held) {
      held = { bytes: Buffer.allocUnsafe(Math.max(copiedAtOnce, most)), used: 0 };
      this.#held.set(table, held);
    }
    held.used += held.bytes.write(line, held.used);
  }

  #send(table: AnyTable): void {
    const held = this.#held.get(table);
    if (!held) return;
    this.#held.delete(table);
    const bytes = held.bytes.subarray(0, held.used);
    this.#waiting += 1;
    this.#last = this.#last
      .then(() => this.#copy(table, bytes))
      .catch((error: unknown) => (this.#failure ??= error))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  async #copy(table: AnyTable, bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) return;
    const sql = `COPY ${nameOf(this.schema, table)} (${list(table.columns)}) FROM STDIN`;
    await pipeline(Readable.from([bytes]), this.client.query(copyFrom(sql)));
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
}
