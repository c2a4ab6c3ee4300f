import type { Pool, PoolClient } from 'pg';

import { quoted } from './database.js';

type Index = { readonly drop: string; readonly make: string };

const constraintsOf = `
  SELECT c.conrelid::regclass::text AS "table", c.conname AS name, pg_get_constraintdef(c.oid) AS definition
  FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
  WHERE c.connamespace = $1::regnamespace AND c.contype = 'p' AND t.relname = ANY($2)
  ORDER BY t.relname`;
const indexesOf = `
  SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
  WHERE t.relnamespace = $1::regnamespace AND NOT i.indisprimary AND t.relname = ANY($2)
  ORDER BY t.relname, 1`;

type ConstraintRow = { readonly table: string; readonly name: string; readonly definition: string };
type IndexRow = { readonly name: string; readonly definition: string };

const indexes = async (pool: Pool, schema: string, tables: readonly string[]): Promise<readonly Index[]> => {
  const of = [quoted(schema), tables];
  const { rows: plain } = await pool.query<IndexRow>(indexesOf, of);
  const { rows: keys } = await pool.query<ConstraintRow>(constraintsOf, of);
  const isLate = ({ name }: { readonly name: string }): boolean => !kept.has(name.split('.').at(-1) ?? name);
  return [
    ...plain.filter(isLate).map(({ name, definition }) => ({ drop: `DROP INDEX ${name}`, make: definition })),
    ...keys.filter(isLate).map(({ table, name, definition }) => ({
      drop: `ALTER TABLE ${table} DROP CONSTRAINT ${quoted(name)}`,
      make: `ALTER TABLE ${table} ADD CONSTRAINT ${quoted(name)} ${definition}`,
    })),
  ];
};

/**
 * Kept while tables are filled: rows come in the order of these, and what finding them their place costs is done while
 * Postgres waits for the next rows. Others would come out twice as large.
 */
const kept: ReadonlySet<string> = new Set(['event_pkey']);

/**
 * Takes the indexes and keys of tables away while they are filled, and makes them again afterwards: sorting once costs
 * a fraction of finding every row its place. Three are made at a time, each by one process: several for one index cost a
 * quarter more in all.
 */
export const withoutIndexes = async <Result>(
  pool: Pool,
  schema: string,
  tables: readonly string[],
  fill: () => Promise<Result>,
): Promise<Result> => {
  const taken = await indexes(pool, schema, tables);
  for (const { drop } of taken) await pool.query(drop);
  const result = await fill();
  const left = [...taken];
  const makeSome = () =>
    withRoomToSort(pool, async (client) => {
      for (let next = left.shift(); next; next = left.shift()) await client.query(next.make);
    });
  await Promise.all([makeSome(), makeSome(), makeSome()]);
  return result;
};

/** What does not fit into a connection's memory is sorted on disk. */
const withRoomToSort = async (pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query(`SET maintenance_work_mem = '128MB'; SET max_parallel_maintenance_workers = 0`);
    await work(client);
    await client.query('RESET maintenance_work_mem; RESET max_parallel_maintenance_workers');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
};
