import type { AnyTable } from '../tables/table.js';
import type { Change, Find, Projection, Read, Stored } from './projection.js';

type Entry = { readonly row: object | undefined; readonly isDirty: boolean };

/** What a batch came to for one table: rows written whole, and keys removed. */
export type TableChanges = {
  readonly table: AnyTable;
  readonly rows: readonly object[];
  readonly removed: readonly object[];
};

/** The values of a row's key, as one text. */
export const keyOf = (table: AnyTable, row: object): string =>
  JSON.stringify(
    table.columns
      .filter((column) => column.key)
      .map(({ property }) => (row as Record<string, unknown>)[property]),
  );

/** Rows in memory, as the events folded so far made them. Rows that a batch did not name are not known here. */
export class RowSet {
  readonly #tables = new Map<AnyTable, Map<string, Entry>>();

  /** @param isWhole whether a row that is not here is nowhere (a rebuild), or was not read (a bug). */
  constructor(private readonly isWhole: boolean) {}

  /** Takes in a row that is stored, or the knowledge that there is none. */
  know(table: AnyTable, key: object, row: object | undefined): void {
    this.#of(table).set(keyOf(table, key), { row, isDirty: false });
  }

  isKnown({ table, key }: Read): boolean {
    return this.#of(table).has(keyOf(table, key));
  }

  /** Folds one event of one projection. */
  project(projection: Projection, event: Stored): void {
    for (const change of projection.project(event, this.#find)) this.#apply(change);
  }

  /** Everything that changed, by table. */
  changes(): readonly TableChanges[] {
    return [...this.#tables].map(([table, entries]) => {
      const dirty = [...entries].filter(([, entry]) => entry.isDirty);
      return {
        table,
        rows: dirty.flatMap(([, { row }]) => (row ? [row] : [])),
        removed: dirty.flatMap(([key, { row }]) => (row ? [] : [keyFrom(table, key)])),
      };
    });
  }

  /** Gives away and forgets the rows of tables that only grow. */
  takeGrown(): readonly TableChanges[] {
    return [...this.#tables.keys()]
      .filter((table) => table.grows)
      .map((table) => {
        const rows = [...this.#of(table).values()].flatMap(({ row }) => (row ? [row] : []));
        this.#tables.delete(table);
        return { table, rows, removed: [] };
      });
  }

  readonly #find: Find = (table, key) => {
    const asTable = table;
    const entry = this.#of(asTable).get(keyOf(asTable, key));
    if (!entry && !this.isWhole) throw new TypeError(`a row of ${table.name} was not read before projecting`);
    return entry?.row as never;
  };

  #apply(change: Change): void {
    const isPut = 'row' in change;
    const key = keyOf(change.table, isPut ? change.row : change.removed);
    this.#of(change.table).set(key, { row: isPut ? change.row : undefined, isDirty: true });
  }

  #of(table: AnyTable): Map<string, Entry> {
    const known = this.#tables.get(table) ?? new Map<string, Entry>();
    this.#tables.set(table, known);
    return known;
  }
}

const keyFrom = (table: AnyTable, text: string): object => {
  const values = JSON.parse(text) as unknown[];
  const keys = table.columns.filter((column) => column.key);
  return Object.fromEntries(keys.map(({ property }, at) => [property, values[at]]));
};
