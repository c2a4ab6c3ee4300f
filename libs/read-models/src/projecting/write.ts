import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { sqlType, type AnyTable, type Column, type Span } from '../tables/table.js';
import { quoted } from './database.js';
import { keyOf, type TableChanges } from './row-set.js';
import type { Read } from './projection.js';

const copyChunk = 500;

/** Postgres refuses NUL in text and lone surrogates in jsonb; both are replaced by U+FFFD, everywhere and always. */
const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === 'string') return storableText(one);
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(
      Object.entries(one).map(([key, inner]) => [storableText(key), inner as unknown]),
    );
  });

/** A value as the text that Postgres reads for its kind. */
const textOf = (kind: Column['kind'], value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'json':
    case 'document':
      return storableJson(value);
    case 'range': {
      const { from, until } = value as Span;
      return until === from ? 'empty' : `[${from},${until ?? ''})`;
    }
    default:
      return storableText(`${value as string | number}`);
  }
};

const valueOf = (row: object, { property, kind }: Column): string | null =>
  textOf(kind, (row as Record<string, unknown>)[property]);

const nameOf = (schema: string, table: AnyTable): string => `${quoted(schema)}.${quoted(table.name)}`;
const list = (columns: readonly Column[]): string => columns.map((column) => quoted(column.name)).join(', ');

const unnested = (columns: readonly Column[]): string =>
  `unnest(${columns.map(({ kind }, at) => `$${at + 1}::text[]::${sqlType(kind)}[]`).join(', ')})`;
const arrays = (columns: readonly Column[], rows: readonly object[]): (string | null)[][] =>
  columns.map((column) => rows.map((row) => valueOf(row, column)));

const upsert = async (client: ClientBase, schema: string, { table, rows }: TableChanges): Promise<void> => {
  const { columns } = table;
  const rest = columns.filter((column) => !column.key);
  const sets = rest.map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ');
  await client.query(
    `INSERT INTO ${nameOf(schema, table)} (${list(columns)}) SELECT * FROM ${unnested(columns)}
     ON CONFLICT (${list(columns.filter((column) => column.key))}) DO UPDATE SET ${sets}`,
    arrays(columns, rows),
  );
};

const erase = async (client: ClientBase, schema: string, { table, removed }: TableChanges): Promise<void> => {
  const keys = table.columns.filter((column) => column.key);
  await client.query(
    `DELETE FROM ${nameOf(schema, table)} WHERE (${list(keys)}) IN (SELECT * FROM ${unnested(keys)})`,
    arrays(keys, removed),
  );
};

/** Writes what a batch came to: one statement per table and kind of change. */
export const writeChanges = async (
  client: ClientBase,
  schema: string,
  changes: readonly TableChanges[],
): Promise<void> => {
  for (const change of changes) {
    if (change.rows.length > 0) await upsert(client, schema, change);
    if (change.removed.length > 0) await erase(client, schema, change);
  }
};

/** Reads the named rows; a key without a row is given with `undefined`. */
export const loadRows = async (
  client: ClientBase,
  schema: string,
  table: AnyTable,
  reads: readonly Read[],
): Promise<readonly { readonly key: object; readonly row: object | undefined }[]> => {
  const keys = table.columns.filter((column) => column.key);
  const selected = table.columns
    .map(({ name, property }) => `${quoted(name)} AS ${quoted(property)}`)
    .join(', ');
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT ${selected} FROM ${nameOf(schema, table)} WHERE (${list(keys)}) IN (SELECT * FROM ${unnested(keys)})`,
    arrays(
      keys,
      reads.map(({ key }) => key),
    ),
  );
  const found = new Map(rows.map((row) => [keyOf(table, row), row]));
  return reads.map(({ key }) => ({ key, row: found.get(keyOf(table, key)) }));
};

/** One field of COPY's text format (PostgreSQL manual, COPY, "Text Format"). */
const copyField = (text: string | null): string =>
  text === null
    ? String.raw`\N`
    : text
        .replaceAll('\\', String.raw`\\`)
        .replaceAll('\n', String.raw`\n`)
        .replaceAll('\r', String.raw`\r`)
        .replaceAll('\t', String.raw`\t`);

function* copyLines(columns: readonly Column[], rows: readonly object[]): Generator<string> {
  for (let at = 0; at < rows.length; at += copyChunk) {
    yield rows
      .slice(at, at + copyChunk)
      .map((row) => `${columns.map((column) => copyField(valueOf(row, column))).join('\t')}\n`)
      .join('');
  }
}

/** Adds rows by COPY, the fastest way there is; none of their keys may be there yet. */
export const copyRows = async (
  client: ClientBase,
  schema: string,
  { table, rows }: TableChanges,
): Promise<void> => {
  if (rows.length === 0) return;
  const into = client.query(copyFrom(`COPY ${nameOf(schema, table)} (${list(table.columns)}) FROM STDIN`));
  await pipeline(Readable.from(copyLines(table.columns, rows)), into);
};
