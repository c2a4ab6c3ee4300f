import type { AnyTable } from '../tables/table.js';
import type { Change, Find, Projection, Read, Stored } from './projection.js';

/** `key` is that of a row which is removed or was not there. */
type Entry = { readonly row: object | undefined; readonly key: object; readonly isDirty: boolean };

/** What a batch came to for one table: rows written whole, and keys removed. */
export type TableChanges = {
  readonly table: AnyTable;
  readonly rows: readonly object[];
  readonly removed: readonly object[];
};

/** The values of a row's key, as one text that no other key has: each but the first is told apart by its length. */
export const keyOf = ({ keys }: AnyTable, row: object): string => {
  let key: string | undefined;
  for (const property of keys) {
    const value = String((row as Readonly<Record<string, unknown>>)[property]);
    key = key === undefined ? value : `${value.length}:${value}${key}`;
  }
  return key ?? '';
};

/** Rows in memory, as the events folded so far made them. Rows that a batch did not name are not known here. */
export class RowSet {
  readonly #tables = new Map<AnyTable, Map<string, Entry>>();
  #final = new Map<AnyTable, object[]>();

  /** @param isWhole whether a row that is not here is nowhere (a rebuild), or was not read (a bug). */
  constructor(private readonly isWhole: boolean) {}

  /** Takes in a row that is stored, or the knowledge that there is none. */
  know(table: AnyTable, key: object, row: object | undefined): void {
    this.#of(table).set(keyOf(table, key), { row, key, isDirty: false });
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
      const dirty = [...entries.values()].filter((entry) => entry.isDirty);
      return {
        table,
        rows: dirty.flatMap(({ row }) => (row ? [row] : [])),
        removed: dirty.flatMap(({ row, key }) => (row ? [] : [key])),
      };
    });
  }

  /** Of a rebuild: gives away the rows that nothing changes any more, which are not kept here. */
  takeFinal(): readonly TableChanges[] {
    const final = [...this.#final].map(([table, rows]) => ({ table, rows, removed: [] }));
    this.#final = new Map();
    return final;
  }

  readonly #find: Find = (table, key) => {
    const entry = this.#of(table).get(keyOf(table, key));
    if (!entry && !this.isWhole) throw new TypeError(`a row of ${table.name} was not read before projecting`);
    return entry?.row as never;
  };

  #apply(change: Change): void {
    const { table } = change;
    if (!('row' in change) && this.isWhole) {
      this.#of(table).delete(keyOf(table, change.removed));
    } else if (!('row' in change)) {
      const key = change.removed;
      this.#of(table).set(keyOf(table, key), { row: undefined, key, isDirty: true });
    } else if (this.isWhole && table.isFinal(change.row)) {
      const kept = this.#of(table);
      if (kept.size > 0) kept.delete(keyOf(table, change.row));
      this.#finalOf(table).push(change.row);
    } else {
      this.#of(table).set(keyOf(table, change.row), { row: change.row, key: change.row, isDirty: true });
    }
  }

  #of(table: AnyTable): Map<string, Entry> {
    const known = this.#tables.get(table);
    if (known) return known;
    const fresh = new Map<string, Entry>();
    this.#tables.set(table, fresh);
    return fresh;
  }

  #finalOf(table: AnyTable): object[] {
    const known = this.#final.get(table);
    if (known) return known;
    const fresh: object[] = [];
    this.#final.set(table, fresh);
    return fresh;
  }
}
