import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';

import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** What the thread starts with: where, and the tables that it is to fill, quoted. They are emptied first. */
export type CopyStart = { readonly url: string; readonly tables: readonly string[] };
/** Rows to be copied by a statement, in the order in which they come; `end` commits them all. */
export type CopyOrder = { readonly sql: string; readonly rows: Uint8Array } | 'end';
/** One order is carried out. */
export type CopyAnswer = 'copied' | 'committed';

/**
 * Copies rows into tables on a connection of its own, whatever the thread that makes the rows is busy with. All of it is
 * one transaction that empties the tables first, so that Postgres need not log what nobody can see before it is whole
 * (PostgreSQL manual, "Populating a Database").
 */
const copying = async ({ url, tables }: CopyStart): Promise<(order: CopyOrder) => Promise<CopyAnswer>> => {
  const client = new Client({ connectionString: url, application_name: 'syncline-rebuild' });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`TRUNCATE ${tables.join(', ')}`);
  return async (order) => {
    if (order !== 'end') {
      await pipeline(Readable.from([order.rows]), client.query(copyFrom(order.sql)));
      return 'copied';
    }
    await client.query('COMMIT');
    await client.end();
    return 'committed';
  };
};

const port = parentPort;
if (!port) throw new Error('this is a thread of the projector');
const started = copying(workerData as CopyStart);
let last: Promise<unknown> = started;
// What fails ends the thread, and whoever gave the order hears of it.
port.on('message', (order: CopyOrder) => {
  last = last.then(async () => {
    port.postMessage(await (await started)(order));
    if (order === 'end') port.close();
  });
});
