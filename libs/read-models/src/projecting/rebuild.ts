import type { EventLog, LogEntry } from '@syncline/kernel';
import type { Pool } from 'pg';

import { shadowSchema, viewsSource } from '../reading/data-source.js';
import { ensureSchema, inTransaction, quoted } from './database.js';
import { asideChanges, foldInto, sortEntries } from './fold.js';
import { RowSet } from './row-set.js';
import { countRows, fingerprints, moveTo, projectBatch, rebuiltTables, standingOf } from './store.js';
import { copyRows } from './write.js';

const chunk = 5_000;

/** What a rebuild came to. `differing` names the tables whose rows were not equal to the live ones; there should be none. */
export type Rebuilt = {
  readonly sequence: number;
  readonly rows: number;
  readonly seconds: number;
  readonly differing: readonly string[];
};

/** Makes an empty shadow of the views by the same migrations. */
export const makeShadow = async (pool: Pool, url: string): Promise<void> => {
  await pool.query(`DROP SCHEMA IF EXISTS ${quoted(shadowSchema)} CASCADE`);
  await migrate(pool, url, shadowSchema);
};

/** Makes schema and tables where they are missing. */
export const migrate = async (pool: Pool, url: string, schema: string): Promise<void> => {
  await ensureSchema(pool, url, schema);
  const source = await viewsSource(url, schema).initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
};

/** Folds the log from its beginning up to `until` in memory and fills the shadow by COPY; gives the sequence it stands at. */
export const fillShadow = async (
  pool: Pool,
  log: EventLog,
  onProgress: (sequence: number) => void,
): Promise<number> => {
  const rows = new RowSet(true);
  let entries: LogEntry[] = [];
  let sequence = 0;
  const flush = async (): Promise<void> => {
    const { events, unreadable } = sortEntries(entries);
    entries = [];
    foldInto(rows, events);
    await inTransaction(pool, async (client) => {
      for (const grown of [...rows.takeGrown(), asideChanges(unreadable)])
        await copyRows(client, shadowSchema, grown);
    });
    onProgress(sequence);
  };
  for await (const entry of log.scan({})) {
    entries.push(entry);
    ({ sequence } = entry.message);
    if (entries.length >= chunk) await flush();
  }
  await flush();
  await inTransaction(pool, async (client) => {
    for (const whole of rows.changes()) await copyRows(client, shadowSchema, whole);
    await moveTo(client, shadowSchema, sequence);
  });
  await analyse(pool);
  return sequence;
};

/** Fresh tables have no statistics, and without them pages by a wide filter are sorted whole. */
const analyse = async (pool: Pool): Promise<void> => {
  for (const { name } of rebuiltTables) await pool.query(`ANALYZE ${quoted(shadowSchema)}.${quoted(name)}`);
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

/** The tables of two schemas whose rows are not equal. */
export const compare = async (pool: Pool, live: string, shadow: string) => {
  const [a, b] = [await fingerprints(pool, live), await fingerprints(pool, shadow)];
  const differing = [...b].flatMap(([table, print]) => (a.get(table) === print ? [] : [table]));
  return { differing, rows: countRows(b) };
};

/** The shadow takes the place of the live schema; readers see one or the other, whole. */
export const swap = (pool: Pool, live: string): Promise<void> =>
  inTransaction(pool, async (client) => {
    await client.query(`DROP SCHEMA IF EXISTS ${quoted(live)} CASCADE`);
    await client.query(`ALTER SCHEMA ${quoted(shadowSchema)} RENAME TO ${quoted(live)}`);
  });
