import { EntitySchema, type EntitySchemaColumnOptions, type ValueTransformer } from 'typeorm';

/**
 * What a column holds, as the rows of memory carry it: instants are RFC 3339 texts, sequences are numbers. A `document`
 * is JSON whose text stays as it was written; `json` is compared and searched.
 */
export const kinds = [
  'text',
  'sequence',
  'integer',
  'boolean',
  'json',
  'document',
  'instant',
  'range',
] as const;
export type Kind = (typeof kinds)[number];

/** One column: its kind, and whether it is part of the key or may be null. */
export type Column = {
  readonly property: string;
  readonly name: string;
  readonly kind: Kind;
  readonly key: boolean;
};

/** Any table of the views: its entity for reading, and its columns for writing. */
export type AnyTable = {
  readonly name: string;
  readonly entity: EntitySchema;
  readonly columns: readonly Column[];
  /** The properties that make its key. */
  readonly keys: readonly string[];
  /** Whether no later event changes or reads this row again; a rebuild does not keep it in memory then. */
  readonly isFinal: (row: object) => boolean;
};

/** A table whose rows are known by type. */
export type Table<Row extends object> = Omit<AnyTable, 'entity'> & { readonly entity: EntitySchema<Row> };

/** A span of time; `until` is null while it lasts. Half open, as `tstzrange` is by default. */
export type Span = { readonly from: string; readonly until: string | null };

/** A kind with `!` is part of the key, one with `?` may be null. */
export type ColumnNote = Kind | `${Kind}!` | `${Kind}?`;

const sqlTypes = {
  text: 'text',
  sequence: 'bigint',
  integer: 'integer',
  boolean: 'boolean',
  json: 'jsonb',
  document: 'json',
  instant: 'timestamptz',
  range: 'tstzrange',
} as const satisfies Record<Kind, string>;

/** The type of Postgres that holds a kind. */
export const sqlType = (kind: Kind): string => sqlTypes[kind];

const fromText: Partial<Record<Kind, ValueTransformer>> = {
  sequence: {
    to: (value: unknown) => value,
    from: (value: unknown) => (value === null ? null : Number(value)),
  },
  instant: {
    to: (value: unknown) => value,
    from: (value: unknown) => (value instanceof Date ? value.toISOString() : value),
  },
};

const snakeCase = (property: string): string =>
  property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const columnOf = (property: string, note: ColumnNote): Column => ({
  property,
  name: snakeCase(property),
  kind: note.replace(/[!?]$/, '') as Kind,
  key: note.endsWith('!'),
});

const entityOf = <Row extends object>(
  name: string,
  notes: Readonly<Record<keyof Row & string, ColumnNote>>,
): EntitySchema<Row> => {
  const columns = Object.entries<ColumnNote>(notes).map(([property, note]) => {
    const { kind, key, name: column } = columnOf(property, note);
    const transformer = fromText[kind];
    const options: EntitySchemaColumnOptions = {
      name: column,
      type: sqlTypes[kind],
      primary: key,
      nullable: note.endsWith('?'),
      ...(transformer && { transformer }),
    };
    return [property, options] as const;
  });
  return new EntitySchema<Row>({
    name,
    tableName: name,
    synchronize: false,
    columns: Object.fromEntries(columns) as never,
  });
};

const never = (): boolean => false;

/** Declares a table; its SQL stands in a migration. Property names become snake case. */
export const defineTable = <Row extends object>(
  name: string,
  notes: Readonly<Record<keyof Row & string, ColumnNote>>,
  { isFinal = never }: { readonly isFinal?: (row: Row) => boolean } = {},
): Table<Row> => {
  const columns = Object.entries<ColumnNote>(notes).map(([property, note]) => columnOf(property, note));
  return {
    name,
    entity: entityOf(name, notes),
    columns,
    keys: columns.filter((column) => column.key).map(({ property }) => property),
    isFinal: isFinal as (row: object) => boolean,
  };
};

/** For tables whose rows are only ever added. */
export const always = (): boolean => true;

/** For tables of stretches of time: one that has ended stays as it is. */
export const hasEnded = ({ during }: { readonly during: Span }): boolean => during.until !== null;

/** Declares a stable SQL view for reading through its entity; the first columns marked `!` tell its rows apart. */
export const defineView = <Row extends object>(
  name: string,
  notes: Readonly<Record<keyof Row & string, ColumnNote>>,
): EntitySchema<Row> => entityOf(name, notes);
