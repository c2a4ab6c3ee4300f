import type { EventLog, LogEntry } from '@syncline/kernel';
import type { ClientBase, Pool } from 'pg';

import { retiredSchema, shadowSchema, viewsSchema, viewsSource } from '../reading/data-source.js';
import type { AnyTable } from '../tables/table.js';
import { BulkLoad } from './bulk-load.js';
import { ensureSchema, inTransaction, quoted } from './database.js';
import { asideChanges, foldInto, sortEntries } from './fold.js';
import { withoutIndexes } from './late-indexes.js';
import { admitReaders } from './readers.js';
import { RowSet } from './row-set.js';
import { countRows, fingerprints, moveTo, projectBatch, rebuiltTables, standingOf } from './store.js';

const progressEvery = 5_000;

/** What a rebuild came to; `seconds` until the new tables were the live ones. `differing` names the tables whose rows were not equal to the live ones; there should be none. */
export type Rebuilt = {
  readonly sequence: number;
  readonly rows: number;
  readonly seconds: number;
  readonly differing: readonly string[];
};

/** Makes an empty shadow of the views by the same migrations. */
export const makeShadow = async (pool: Pool, url: string): Promise<void> => {
  await dropRetired(pool);
  await pool.query(`DROP SCHEMA IF EXISTS ${quoted(shadowSchema)} CASCADE`);
  await migrate(pool, url, shadowSchema);
};

/** Makes schema, tables and views where they are missing, and lets readers read the views. */
export const migrate = async (pool: Pool, url: string, schema: string): Promise<void> => {
  await ensureSchema(pool, url, schema);
  const source = await viewsSource(url, schema).initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
  await admitReaders(pool, schema);
};

/** Folds the log from its beginning in memory and fills the shadow by COPY; gives the sequence it stands at. */
export const fillShadow = async (
  pool: Pool,
  url: string,
  log: EventLog,
  onProgress: (sequence: number) => void,
): Promise<number> => {
  const names = rebuiltTables.map(({ name }) => name);
  const into = { url, schema: shadowSchema, tables: rebuiltTables };
  const sequence = await withoutIndexes(pool, shadowSchema, names, () =>
    BulkLoad.into(into, (load) => foldAll(log, load, onProgress)),
  );
  await inTransaction(pool, (client) => moveTo(client, shadowSchema, sequence));
  await analyse(pool);
  return sequence;
};

const foldAll = async (
  log: EventLog,
  load: BulkLoad,
  onProgress: (sequence: number) => void,
): Promise<number> => {
  const rows = new RowSet(true);
  let sequence = 0;
  let said = 0;
  for await (const entries of log.scanInBatches({})) {
    const { events, unreadable } = sortEntries(entries);
    foldInto(rows, events);
    for (const final of [...rows.takeFinal(), asideChanges(unreadable)]) await load.add(final);
    sequence = entries.at(-1)?.message.sequence ?? sequence;
    if (sequence - said < progressEvery) continue;
    said = sequence;
    onProgress(sequence);
  }
  for (const rest of rows.changes()) await load.add(rest);
  onProgress(sequence);
  return sequence;
};

/** Of a hundred by default: a sample of 9,000 rows of each table, until Postgres takes a larger one when it has nothing else to do. */
const statisticsTarget = 30;

/** Fresh tables have no statistics, and without them pages by a wide filter are sorted whole. */
const analyse = async (pool: Pool): Promise<void> => {
  const half = Math.ceil(rebuiltTables.length / 2);
  const some = (tables: readonly AnyTable[]) => {
    const names = tables.map(({ name }) => `${quoted(shadowSchema)}.${quoted(name)}`);
    return inTransaction(pool, async (client) => {
      await client.query(`SET LOCAL default_statistics_target = ${statisticsTarget}`);
      await client.query(`ANALYZE ${names.join(', ')}`);
    });
  };
  await Promise.all([some(rebuiltTables.slice(0, half)), some(rebuiltTables.slice(half))]);
};

/** Brings the tables of a schema to a sequence of the log. */
export const catchUp = async (pool: Pool, log: EventLog, schema: string, until: number): Promise<void> => {
  const { sequence } = await standingOf(pool, schema);
  let entries: LogEntry[] = [];
  if (sequence >= until) return;
  for await (const entry of log.scan({ afterSequence: sequence })) {
    if (entry.message.sequence > until) break;
    entries.push(entry);
    if (entries.length < 500) continue;
    await projectBatch(pool, schema, entries);
    entries = [];
  }
  await projectBatch(pool, schema, entries);
};

/**
 * The tables of two schemas whose rows are not equal as they were at the beginning of the transaction that `client` is in.
 */
export const compare = async (client: ClientBase, live: string, shadow: string) => {
  const [a, b] = [await fingerprints(client, live), await fingerprints(client, shadow)];
  const differing = [...b].flatMap(([table, print]) => (a.get(table) === print ? [] : [table]));
  return { differing, rows: countRows(b) };
};

/** The shadow takes the place of the live schema, which is retired; readers see one or the other, whole. */
export const swap = (pool: Pool): Promise<void> =>
  inTransaction(pool, async (client) => {
    await client.query(`ALTER SCHEMA ${quoted(viewsSchema)} RENAME TO ${quoted(retiredSchema)}`);
    await client.query(`ALTER SCHEMA ${quoted(shadowSchema)} RENAME TO ${quoted(viewsSchema)}`);
  });

/** Forgets the tables that were replaced. */
export const dropRetired = async (pool: Pool): Promise<void> => {
  await pool.query(`DROP SCHEMA IF EXISTS ${quoted(retiredSchema)} CASCADE`);
};

/**
 * Swaps, and compares what was replaced with what replaced it: both as they were before the swap, while new events are
 * projected already.
 */
export const swapAndCompare = async (pool: Pool, swapped: (work: () => Promise<void>) => Promise<void>) => {
  const compared = await inTransaction(pool, async (client) => {
    await swapped(async () => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await client.query('SELECT 1');
      await swap(pool);
    });
    return compare(client, retiredSchema, viewsSchema);
  });
  await dropRetired(pool);
  return compared;
};
