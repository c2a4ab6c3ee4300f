import type { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startPostgresServer, type TestPostgres } from '@syncline/testkit';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { defineTable, sqlType, type Span } from '../tables/table.js';
import { CopyRows } from './copy-rows.js';
import { inTransaction, openPool } from './database.js';
import { writeChanges } from './write.js';

type Row = {
  readonly at: number;
  readonly index: number | null;
  readonly text: string | null;
  readonly isIt: boolean | null;
  readonly json: unknown;
  readonly document: unknown;
  readonly instant: string | null;
  readonly during: Span | null;
};
const columns = {
  at: 'sequence!', index: 'integer?', text: 'text?', isIt: 'boolean?',
  json: 'json?', document: 'document?', instant: 'instant?', during: 'range?',
} as const; // prettier-ignore
const tables = ['copied', 'written'].map((name) => defineTable<Row>(name, columns));
const [copied, written] = tables as [(typeof tables)[0], (typeof tables)[0]];

const plain: Omit<Row, 'at'> = {
  index: 1, text: 'a', isIt: true, json: { b: ['c'] }, document: { d: 1 },
  instant: '2026-05-04T14:31:00.137Z', during: { from: '2026-05-04T14:31:00.137Z', until: null },
}; // prettier-ignore
const span = (from: string, until: string | null): Partial<Row> => ({ during: { from, until } });

const odd: Readonly<Record<string, Partial<Row>>> = {
  'a plain one': {},
  nothing: { index: null, text: null, isIt: null, json: null, document: null, instant: null, during: null },
  'an empty text': { text: '' },
  'a text that COPY would escape': { text: 'a\\N\tb\r\nc' },
  'a text beyond ASCII': { text: 'ä€😀' },
  'a text with NUL': { text: 'a\0b', json: 'a\0b', document: { 'a\0': 'b' } },
  'half a surrogate pair': { text: 'a\ud800b', json: ['\udc00'], document: { '\ud800': 1 } },
  'a long text': { text: 'x'.repeat(65), document: 'y'.repeat(200) },
  'a long text with NUL': { text: `${'x'.repeat(80)}\0` },
  'a row that is larger than what is held at once': { text: 'ü'.repeat(5_000), json: 'z'.repeat(3_000) },
  'numbers of every size': { index: -2_147_483_648, isIt: false },
  'the first instant': { instant: '0001-01-01T00:00:00.000Z' },
  'an instant before 2000': { instant: '1969-12-31T23:59:59.999Z' },
  'the last instant': { instant: '9999-12-31T23:59:59.999Z' },
  'the next day': { instant: '2026-05-05T00:00:00.000Z' },
  'a span that has ended': span('2026-05-04T14:31:00.137Z', '2026-06-01T00:00:00.001Z'),
  'a span of no length': span('2026-05-04T14:31:00.137Z', '2026-05-04T14:31:00.137Z'),
};
/** Larger than four bytes from the second row on. */
const sequenceOf = (index: number): number => index * 2 ** 33 + index;
const rows = Object.values(odd).map((row, index): Row => ({ ...plain, ...row, at: sequenceOf(index) }));

describe('rows that are copied', () => {
  let postgres: TestPostgres;
  let pool: Pool;

  beforeAll(async () => {
    postgres = await startPostgresServer();
    pool = openPool(postgres.url);
    const made = async () => {
      for (const table of tables) {
        const defined = table.columns.map(({ name, kind, key }) => `"${name}" ${sqlType(kind)}${key ? ' PRIMARY KEY' : ''}`);
        await pool.query(`CREATE TABLE "${table.name}" (${defined.join(', ')})`);
      } // prettier-ignore
      return true;
    };
    await eventually(made, 30_000, 'Postgres takes connections');
  });
  afterAll(async () => {
    await pool.end();
    await postgres.stop();
  });

  const copy = (bytes: Buffer) =>
    inTransaction(pool, (client) =>
      pipeline(Readable.from([bytes]), client.query(copyFrom(`COPY copied FROM STDIN (FORMAT binary)`))),
    );

  it('are the same as rows that are written one by one, whatever they hold', async () => {
    const held = new CopyRows(copied.columns, 1_000);
    const full = [...rows.map((row) => held.add(row)), held.take()].filter((one) => one !== undefined);
    expect(full.length).toBeGreaterThanOrEqual(3);
    for (const one of full) await copy(one);
    await inTransaction(pool, (client) =>
      writeChanges(client, 'public', [{ table: written, rows, removed: [] }]),
    );
    const texts = async (name: string) =>
      (await pool.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t ORDER BY at`)).rows;
    expect(await texts('copied')).toEqual(await texts('written'));
    expect(held.take()).toBeUndefined();
  });
});
