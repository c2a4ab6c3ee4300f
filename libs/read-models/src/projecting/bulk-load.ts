import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

import { ViewsError } from '../reading/views-error.js';
import type { AnyTable } from '../tables/table.js';
import type { CopyAnswer, CopyOrder, CopyStart } from './copy-thread.js';
import type { TableChanges } from './row-set.js';
import { CopyRows } from './copy-rows.js';
import { list, nameOf } from './write.js';

/**
 * Bytes of one table that are copied at once, and how many copies may wait before the reader has to. At the end of each,
 * Postgres leaves up to 64 pages empty, by which it had made room ahead: a third of the table with copies of 1 MB.
 */
const copiedAtOnce = 4 * 1024 * 1024;
const mostWaiting = 4;

const program = new URL(`./copy-thread${extname(import.meta.url)}`, import.meta.url);

/** Where tables are to be filled. */
export type LoadInto = {
  readonly url: string;
  readonly schema: string;
  readonly tables: readonly AnyTable[];
};

/**
 * Fills the tables of a schema by COPY, the fastest way there is, by a thread of its own while the next rows are made.
 * Memory stays bounded: who adds waits for what was added long before.
 */
export class BulkLoad {
  readonly #held = new Map<AnyTable, CopyRows>();
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  #waiting = 0;
  #isCommitted = false;
  #failure: unknown;
  #heard: () => void = () => undefined;

  private constructor(private readonly into: LoadInto) {
    const { url, schema, tables } = into;
    const workerData: CopyStart = { url, tables: tables.map((table) => nameOf(schema, table)) };
    this.#thread = new Worker(program, { workerData });
    this.#ended = new Promise((resolve) => {
      this.#thread.once('exit', () => {
        this.#fail(new ViewsError('the copying into the views ended in the middle'));
        resolve();
      });
    });
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('message', (answer: CopyAnswer) => this.#hear(answer));
  }

  /** Fills tables with what `work` adds; nothing of it is there where it fails. */
  static async into<Result>(into: LoadInto, work: (load: BulkLoad) => Promise<Result>): Promise<Result> {
    const load = new BulkLoad(into);
    try {
      const result = await work(load);
      await load.#finish();
      return result;
    } finally {
      await load.#thread.terminate();
    }
  }

  async add({ table, rows }: TableChanges): Promise<void> {
    const held = this.#heldOf(table);
    for (const row of rows) this.#send(table, held.add(row));
    while (this.#waiting > mostWaiting && this.#failure === undefined) await this.#next();
    this.#check();
  }

  async #finish(): Promise<void> {
    for (const [table, held] of this.#held) this.#send(table, held.take());
    this.#thread.postMessage('end' satisfies CopyOrder);
    await this.#ended;
    if (!this.#isCommitted) this.#check();
  }

  #heldOf(table: AnyTable): CopyRows {
    const known = this.#held.get(table);
    if (known) return known;
    const fresh = new CopyRows(table.columns, copiedAtOnce);
    this.#held.set(table, fresh);
    return fresh;
  }

  /** The thread is given the memory itself. Rows that nobody saw before they were whole need not be marked as such later. */
  #send(table: AnyTable, rows: Buffer<ArrayBuffer> | undefined): void {
    if (!rows) return;
    this.#waiting += 1;
    const sql = `COPY ${nameOf(this.into.schema, table)} (${list(table.columns)}) FROM STDIN (FORMAT binary, FREEZE)`;
    this.#thread.postMessage({ sql, rows } satisfies CopyOrder, [rows.buffer]);
  }

  #hear(answer: CopyAnswer): void {
    if (answer === 'committed') this.#isCommitted = true;
    else this.#waiting -= 1;
    this.#heard();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#heard();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
}
