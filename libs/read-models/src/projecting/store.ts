import type { LogEntry } from '@syncline/kernel';
import type { ClientBase, Pool } from 'pg';

import { projectedTables, projections } from '../projections/all.js';
import { projectionTable, unreadableTable } from '../tables/bookkeeping.js';
import { eventTable } from '../tables/event.js';
import { ViewsError } from '../reading/views-error.js';
import type { AnyTable } from '../tables/table.js';
import { inTransaction, quoted } from './database.js';
import { asideChanges, foldInto, readsOf, sortEntries } from './fold.js';
import { RowSet } from './row-set.js';
import { loadRows, writeChanges } from './write.js';

/** Postgres has no such table, schema or database (PostgreSQL manual, "PostgreSQL Error Codes"). */
const missing: ReadonlySet<string> = new Set(['42P01', '3F000', '3D000']);

/** What the tables of a schema stand at. `isCurrent`: made by these projections at these versions. */
export type Standing = { readonly sequence: number; readonly isCurrent: boolean };

/** Where the tables stand; a schema without rows of bookkeeping stands at the beginning. */
export const standingOf = async (client: ClientBase | Pool, schema: string): Promise<Standing> => {
  const { rows } = await client.query<{ name: string; version: number; sequence: number }>(
    `SELECT name, version, sequence FROM ${quoted(schema)}.${quoted(projectionTable.name)}`,
  );
  if (rows.length === 0) return { sequence: 0, isCurrent: true };
  const known = new Map(rows.map((row) => [row.name, row]));
  const [first] = rows;
  const isCurrent =
    rows.length === projections.length &&
    projections.every(({ name, version }) => known.get(name)?.version === version) &&
    rows.every((row) => row.sequence === first?.sequence);
  return { sequence: first?.sequence ?? 0, isCurrent };
};

/** The index of a message's last event; 0 where there is none. */
export const lastIndexOf = async (pool: Pool, schema: string, sequence: number): Promise<number> => {
  const { rows } = await pool.query<{ index: number | null }>(
    `SELECT max(index) AS index FROM ${quoted(schema)}.${quoted(eventTable.name)} WHERE sequence = $1`,
    [sequence],
  );
  return rows[0]?.index ?? 0;
};

/** As {@link standingOf}, or undefined where there are no such tables, or no such database. */
export const findStanding = async (pool: Pool, schema: string): Promise<Standing | undefined> => {
  try {
    return await standingOf(pool, schema);
  } catch (error) {
    if (error instanceof Error && 'code' in error && missing.has(String(error.code))) return undefined;
    throw error;
  }
};

/** Notes how far every projection has come, in the transaction of their rows. */
export const moveTo = (client: ClientBase, schema: string, sequence: number): Promise<void> =>
  writeChanges(client, schema, [
    {
      table: projectionTable,
      rows: projections.map(({ name, version }) => ({ name, version, sequence })),
      removed: [],
    },
  ]);

const loadInto = async (
  client: ClientBase,
  schema: string,
  rows: RowSet,
  entries: Parameters<typeof readsOf>[0],
) => {
  const byTable = Map.groupBy(readsOf(entries), (read) => read.table);
  for (const [table, reads] of byTable) {
    const unknown = reads.filter((read) => !rows.isKnown(read));
    const loaded = await loadRows(client, schema, table, unknown);
    for (const { key, row } of loaded) rows.know(table, key, row);
  }
};

/**
 * Projects a batch and notes its position, in one transaction. Gives the sequence at which the tables stand afterwards:
 * messages at or below where they stand already are left out, so a batch that comes twice changes nothing. Tables that
 * stand before `expected` were lost and made anew, and are not written from the middle of the log.
 */
export const projectBatch = (
  pool: Pool,
  schema: string,
  entries: readonly LogEntry[],
  expected = 0,
): Promise<number> =>
  inTransaction(pool, async (client) => {
    await client.query(`LOCK TABLE ${quoted(schema)}.${quoted(projectionTable.name)} IN EXCLUSIVE MODE`);
    const { sequence } = await standingOf(client, schema);
    if (sequence < expected) throw new ViewsError('the tables stand before what was projected');
    const fresh = entries.filter((entry) => entry.message.sequence > sequence);
    const last = fresh.at(-1)?.message.sequence;
    if (last === undefined) return sequence;
    const { events, unreadable } = sortEntries(fresh);
    const rows = new RowSet(false);
    await loadInto(client, schema, rows, events);
    foldInto(rows, events);
    await writeChanges(client, schema, [...rows.changes(), asideChanges(unreadable)]);
    await moveTo(client, schema, last);
    return last;
  });

/** Every table that a rebuild makes anew, with what was set aside. */
export const rebuiltTables: readonly AnyTable[] = [unreadableTable, ...projectedTables];

/** Count and content of each table as texts, whatever the order of rows: equal texts, equal rows. */
export const fingerprints = async (
  client: ClientBase,
  schema: string,
): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  for (const { name } of rebuiltTables) {
    const { rows } = await client.query<{ fingerprint: string }>(
      `SELECT count(*) || ' ' || coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint::numeric), 0) AS fingerprint
       FROM ${quoted(schema)}.${quoted(name)} t`,
    );
    found.set(name, rows[0]?.fingerprint ?? '');
  }
  return found;
};

/** How many rows all tables hold. */
export const countRows = (prints: ReadonlyMap<string, string>): number =>
  [...prints.values()].reduce((sum, print) => sum + Number(print.split(' ')[0]), 0);
