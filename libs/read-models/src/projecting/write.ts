import type { ClientBase } from 'pg';

import { sqlType, type AnyTable, type Column } from '../tables/table.js';
import { quoted } from './database.js';
import { keyOf, type TableChanges } from './row-set.js';
import type { Read } from './projection.js';
import { textOf } from './stored-text.js';

const valueOf = (row: object, { property, kind }: Column): string | null =>
  textOf(kind, (row as Record<string, unknown>)[property]);

/** A table's name with its schema, quoted. */
export const nameOf = (schema: string, table: AnyTable): string => `${quoted(schema)}.${quoted(table.name)}`;
/** Names of columns, quoted, as SQL lists them. */
export const list = (columns: readonly Column[]): string =>
  columns.map((column) => quoted(column.name)).join(', ');

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
