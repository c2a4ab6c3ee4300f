import type { Pool, PoolClient } from 'pg';

import { inTransaction, quoted } from './database.js';

/** Who may read the SQL views, and nothing else. It cannot log in: people's own roles are made members of it. */
export const readerRole = 'syncline_reader';

const codes = { alreadyThere: ['42710', '23505'], notAllowed: ['42501'] } as const;
const hasCode = (error: unknown, among: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && among.includes(String(error.code));

const isThere = async (pool: Pool): Promise<boolean> =>
  (await pool.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [readerRole])).rowCount === 1;

/** Makes the role where it is missing and may be made; gives whether it is there. */
const ensureRole = async (pool: Pool): Promise<boolean> => {
  if (await isThere(pool)) return true;
  try {
    await pool.query(`CREATE ROLE ${quoted(readerRole)} NOLOGIN`);
    return true;
  } catch (error) {
    if (hasCode(error, codes.alreadyThere)) return true;
    if (hasCode(error, codes.notAllowed)) return false;
    throw error;
  }
};

const viewsOf = async (client: PoolClient, schema: string): Promise<readonly string[]> => {
  const sql = 'SELECT table_name AS name FROM information_schema.views WHERE table_schema = $1';
  return (await client.query<{ name: string }>(sql, [schema])).rows.map(({ name }) => name);
};

type GivesRows = { readonly name: string; readonly isForReaders: boolean };

/** Those that are called in the owner's name are made for readers. */
const functionsOf = async (client: PoolClient, schema: string): Promise<readonly GivesRows[]> => {
  const sql = `SELECT p.oid::regprocedure::text AS name, p.prosecdef AS "isForReaders"
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1 AND p.proretset`;
  return (await client.query<GivesRows>(sql, [schema])).rows;
};

/**
 * Lets the role read every view of a schema and call the functions that are made for readers. These read the tables in the
 * owner's name: their bodies were bound when they were made, so that no caller's search path leads them elsewhere.
 */
export const admitReaders = async (pool: Pool, schema: string): Promise<void> => {
  const isRole = await ensureRole(pool);
  const role = quoted(readerRole);
  await inTransaction(pool, async (client) => {
    for (const { name, isForReaders } of await functionsOf(client, schema)) {
      await client.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
      if (isRole && isForReaders) await client.query(`GRANT EXECUTE ON FUNCTION ${name} TO ${role}`);
    }
    if (!isRole) return;
    await client.query(`GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${role}`);
    for (const view of await viewsOf(client, schema))
      await client.query(`GRANT SELECT ON ${quoted(schema)}.${quoted(view)} TO ${role}`);
  });
};
