import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { Client, Pool } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

const views = 'syncline';
const floor = 'bare_copy';

type Names = { readonly name: string };
type Definitions = { readonly definition: string };

/** The rows of the views as files that COPY reads, one per table. */
export type DumpedTables = { readonly dir: string; readonly tables: readonly string[] };

const connected = async <Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** How many rows a table of the views has. */
export const countRows = (url: string, table: string): Promise<number> =>
  connected(url, async (client) => {
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${views}."${table}"`);
    return Number(rows[0]?.count);
  });

/** Writes the rows of every table of the views to files. */
export const dumpTables = (url: string, dir: string): Promise<DumpedTables> =>
  connected(url, async (client) => {
    const { rows } = await client.query<Names>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1`,
      [views],
    );
    const tables = rows.map(({ name }) => name);
    for (const table of tables) {
      const out = client.query(copyTo(`COPY ${views}."${table}" TO STDOUT`));
      await pipeline(out, createWriteStream(join(dir, `${table}.copy`)));
    }
    return { dir, tables };
  });

/** Makes empty tables like those of the views, without keys and indexes; gives the statements that make these. */
export const makeBareTables = (url: string, { tables }: DumpedTables): Promise<readonly string[]> =>
  connected(url, async (client) => {
    await client.query(`DROP SCHEMA IF EXISTS ${floor} CASCADE`);
    await client.query(`CREATE SCHEMA ${floor}`);
    for (const table of tables)
      await client.query(`CREATE TABLE ${floor}."${table}" (LIKE ${views}."${table}")`);
    const { rows } = await client.query<Definitions>(
      'SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = $1',
      [views],
    );
    return rows.map(({ definition }) => definition.replace(` ON ${views}.`, ` ON ${floor}.`));
  });

/** The floor of filling tables: their rows from files by COPY, then keys and indexes, three at a time. */
export const copyBare = async (
  url: string,
  { dir, tables }: DumpedTables,
  indexes: readonly string[],
): Promise<void> => {
  await connected(url, async (client) => {
    // What is copied into tables that are emptied in the same transaction need not be logged too.
    await client.query(`BEGIN; TRUNCATE ${tables.map((table) => `${floor}."${table}"`).join(', ')}`);
    for (const table of tables) {
      const into = client.query(copyFrom(`COPY ${floor}."${table}" FROM STDIN (FREEZE)`));
      await pipeline(createReadStream(join(dir, `${table}.copy`), { highWaterMark: 1024 * 1024 }), into);
    }
    await client.query('COMMIT');
  });
  const options = '-c maintenance_work_mem=128MB -c max_parallel_maintenance_workers=0';
  const pool = new Pool({ connectionString: url, max: 3, options });
  await Promise.all(indexes.map((statement) => pool.query(statement)));
  await pool.end();
};
