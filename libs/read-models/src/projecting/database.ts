import { Client, Pool, types, type PoolClient } from 'pg';

import { ViewsError } from '../reading/views-error.js';

const unknownDatabase = '3D000';

type Oid = Parameters<typeof types.getTypeParser>[0];

/** Values as rows in memory carry them: bigints as numbers, instants as RFC 3339 texts. */
const parsers = {
  getTypeParser: (oid: Oid, format?: 'text' | 'binary') => {
    if (oid === types.builtins.INT8) return Number;
    if (oid === types.builtins.TIMESTAMPTZ) return (text: string) => new Date(text).toISOString();
    return types.getTypeParser(oid, format) as (text: string) => unknown;
  },
};

/** A pool of connections for the projector. What happens to idle connections shows at the next use. */
export const openPool = (url: string): Pool => {
  const pool = new Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 5_000,
    application_name: 'syncline-projector',
    // What a crash of Postgres takes of the views, their position with it, is projected again.
    options: '-c synchronous_commit=off',
    types: parsers,
  });
  pool.on('error', () => undefined);
  return pool;
};

const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1)) || 'postgres';

const createDatabase = async (url: string): Promise<void> => {
  const elsewhere = new URL(url);
  elsewhere.pathname = databaseOf(url) === 'postgres' ? '/template1' : '/postgres';
  const client = new Client({ connectionString: elsewhere.toString(), connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${quoted(databaseOf(url))}`);
  } finally {
    await client.end();
  }
};

/** Makes the database and the schema where they are missing. */
export const ensureSchema = async (pool: Pool, url: string, schema: string): Promise<void> => {
  const make = (): Promise<unknown> => pool.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
  try {
    await make();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === unknownDatabase)) throw error;
    await createDatabase(url);
    await make();
  }
};

/** A name as a quoted SQL identifier. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Runs statements in one transaction; rolled back on any failure, and the connection is not used again then. */
export const inTransaction = async <Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  client.on('error', ignore);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.off('error', ignore);
    client.release();
    return result;
  } catch (error) {
    client.release(error instanceof Error ? error : new ViewsError(String(error)));
    throw error;
  }
};

const ignore = (): void => undefined;
