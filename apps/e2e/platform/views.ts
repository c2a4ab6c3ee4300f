import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client } from 'pg';

const connect = async (state: string): Promise<Client> => {
  const { postgres } = JSON.parse(await readFile(join(state, 'ports.json'), 'utf8')) as { postgres: number };
  const password = await readFile(join(state, 'postgres', 'password'), 'utf8');
  const client = new Client({
    host: '127.0.0.1',
    port: postgres,
    user: 'syncline',
    password,
    database: 'postgres',
  });
  await client.connect();
  return client;
};

const withClient = async <Result>(
  state: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> => {
  const client = await connect(state);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const schemas = async (client: Client): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'`,
  );
  return rows.map((row) => row.name);
};

/** Drops every table that the views are made of, as a careless administrator would. */
export const dropViews = (state: string): Promise<void> =>
  withClient(state, async (client) => {
    for (const schema of await schemas(client)) await client.query(`drop schema "${schema}" cascade`);
    await client.query('create schema public');
  });

/** Every row of the tables of the views as text, of what was recorded up to a message of the log. */
export const rowsOfViews = async (
  client: Client,
  upTo: number,
): Promise<Readonly<Record<string, readonly string[]>>> => {
  const { rows: tables } = await client.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'syncline' and table_type = 'BASE TABLE'
     and table_name not in ('projection', 'migration') order by 1`,
  );
  const all: Record<string, readonly string[]> = {};
  for (const { name } of tables) {
    const only = name === 'event' ? `where sequence <= ${upTo}` : '';
    const { rows } = await client.query<{ row: string }>(
      `select t::text as row from syncline."${name}" t ${only} order by 1`,
    );
    all[name] = rows.map(({ row }) => row);
  }
  return all;
};

/** The same of an installation. */
export const liveRows = (state: string, upTo: number): Promise<Readonly<Record<string, readonly string[]>>> =>
  withClient(state, (client) => rowsOfViews(client, upTo));

/** Every row of every table as JSON text. */
export const dumpViews = (state: string): Promise<string> =>
  withClient(state, async (client) => {
    const { rows: tables } = await client.query<{ schema: string; name: string }>(
      `select table_schema as schema, table_name as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { schema, name } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `select to_jsonb(t)::text as row from "${schema}"."${name}" t`,
      );
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  });
