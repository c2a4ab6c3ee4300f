/**
 * What an export is of: the whole log, messages `from` to `to`, what belongs to one change, or to several, or a segment of an
 * archive: the messages between two signed checkpoints, with every blob that they name.
 */
export type ExportScope =
  | { readonly of: 'all' }
  | { readonly of: 'range' | 'segment'; readonly from: number; readonly to: number }
  | { readonly of: 'change'; readonly change: string }
  | { readonly of: 'changes'; readonly changes: readonly string[] };

/** What an export says of itself first: the log, how many messages its tree has, and what of them is shown. */
export type ExportHeader = { readonly origin: string; readonly size: number; readonly scope: ExportScope };

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const readScope = (value: unknown): ExportScope | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { of, from, to, change, changes } = value as Record<string, unknown>;
  if (of === 'all') return { of };
  if ((of === 'range' || of === 'segment') && isCount(from) && isCount(to) && from >= 1 && from <= to)
    return { of, from, to };
  if (of === 'change' && typeof change === 'string') return { of, change };
  if (of === 'changes' && Array.isArray(changes) && changes.every((one) => typeof one === 'string'))
    return { of, changes };
  return undefined;
};

/** Reads a header; nothing where the text is none. */
export const readHeader = (text: string): ExportHeader | undefined => {
  try {
    const { origin, size, scope } = JSON.parse(text) as Record<string, unknown>;
    const read = readScope(scope);
    if (typeof origin !== 'string' || !isCount(size) || !read) return undefined;
    // A segment ends with the checkpoint that covers it.
    if (read.of === 'segment' && read.to !== size) return undefined;
    return { origin, size, scope: read };
  } catch {
    return undefined;
  }
};

/** Whether a scope shows some message of `first` to `last`; of a change nobody can tell from outside. */
export const mustShowOf = (scope: ExportScope, first: number, last: number): boolean => {
  if (scope.of === 'all') return true;
  return 'from' in scope && first <= scope.to && last >= scope.from;
};
