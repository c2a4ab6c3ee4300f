import { readdir, readFile } from 'node:fs/promises';

import { Client, type Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { eventually, startPostgresServer, type TestPostgres } from '@syncline/testkit';

import { openPool } from '../projecting/database.js';
import { migrate } from '../projecting/rebuild.js';
import { readerRole } from '../projecting/readers.js';
import { viewsSchema } from '../reading/data-source.js';

const root = new URL('../../../../', import.meta.url);
const page = await readFile(new URL('docs/sql.md', root), 'utf8');
const boards = (await readdir(new URL('deploy/grafana/', root))).filter((name) => name.endsWith('.json'));

let postgres: TestPostgres;
let pool: Pool;
let reader: Client;
beforeAll(async () => {
  postgres = await startPostgresServer();
  pool = openPool(postgres.url);
  const made = () => migrate(pool, postgres.url, viewsSchema).then(() => true);
  await eventually(made, 30_000, 'Postgres takes connections');
  reader = new Client({ connectionString: postgres.url });
  await reader.connect();
  await reader.query(`SET ROLE ${readerRole}`);
});
afterAll(async () => {
  await reader.end();
  await pool.end();
  await postgres.stop();
});

type Column = { readonly of: string; readonly name: string };

/** Columns of the views and of what the functions for readers give, in their order. */
const columns = async (): Promise<readonly Column[]> => {
  const sql = `SELECT c.table_name AS of, c.column_name AS name, c.ordinal_position AS at FROM information_schema.columns c
      JOIN information_schema.views v USING (table_schema, table_name) WHERE c.table_schema = $1
    UNION ALL
    SELECT p.proname, a.name, a.at FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
      unnest(p.proargnames, p.proargmodes) WITH ORDINALITY AS a (name, mode, at)
      WHERE n.nspname = $1 AND p.prosecdef AND a.mode = 't'
    ORDER BY 1, 3`;
  return (await pool.query<Column>(sql, [viewsSchema])).rows;
};

const sections = new Map(
  page.split(/^## /m).map((text): [string, string] => [text.slice(0, text.indexOf('\n')), text]),
);

test('the page of the SQL views names every view and every column, and no other', async () => {
  const there = Map.groupBy(await columns(), ({ of }) => of);
  const described = [...sections].filter(([, text]) => text.includes('| column'));
  expect(described.map(([name]) => name).sort()).toEqual([...there.keys()].sort());
  for (const [name, text] of described) {
    const named = [...text.matchAll(/^\| `(\w+)`/gm)].map(([, column]) => column);
    expect(named, name).toEqual(there.get(name)?.map((column) => column.name));
  }
});

test('every question of the page is answered to a reader', async () => {
  const asked = [...page.matchAll(/```sql\n([^]*?)```/g)].map(([, sql = '']) => sql);
  const questions = asked.filter((sql) => sql.startsWith('SELECT'));
  expect(questions.length).toBeGreaterThan(2);
  for (const sql of questions) await reader.query(sql);
});

type Panel = { readonly title: string; readonly targets: readonly { readonly rawSql: string }[] };
type Variable = { readonly name: string; readonly current?: { readonly value: string } };
type Board = {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
};

/** What Grafana makes of a query before it sends it (Grafana documentation, PostgreSQL query editor, Macros). */
const sent = (sql: string, variables: readonly Variable[]): string => {
  const [from, to] = ["'2026-05-04T00:00:00Z'", "'2026-05-05T00:00:00Z'"];
  const macros = sql
    .replaceAll('$__timeFrom()', from)
    .replaceAll('$__timeTo()', to)
    .replaceAll(/\$__timeFilter\((\w+)\)/g, `$1 BETWEEN ${from} AND ${to}`)
    .replaceAll('$__interval', '30m');
  return variables.reduce(
    (text, { name, current }) => text.replaceAll(`$${name}`, current?.value ?? ''),
    macros,
  );
};

describe.each(boards)('the board %s', (name) => {
  it('asks nothing that a reader is not answered', async () => {
    const board = JSON.parse(await readFile(new URL(`deploy/grafana/${name}`, root), 'utf8')) as Board;
    const queries = board.panels.flatMap(({ targets }) => targets.map(({ rawSql }) => rawSql));
    expect(queries.length).toBeGreaterThan(4);
    for (const sql of queries) {
      const asked = sent(sql, board.templating.list);
      expect(asked).not.toContain('$');
      await reader.query(asked);
    }
  });
});
