/** What an export is of: the whole log, messages `from` to `to`, or what belongs to one change, or to several. */
export type ExportScope =
  | { readonly of: 'all' }
  | { readonly of: 'range'; readonly from: number; readonly to: number }
  | { readonly of: 'change'; readonly change: string }
  | { readonly of: 'changes'; readonly changes: readonly string[] };

/** What an export says of itself first: the log, how many messages its tree has, and what of them is shown. */
export type ExportHeader = { readonly origin: string; readonly size: number; readonly scope: ExportScope };

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const readScope = (value: unknown): ExportScope | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { of, from, to, change, changes } = value as Record<string, unknown>;
  if (of === 'all') return { of };
  if (of === 'range' && isCount(from) && isCount(to) && from >= 1 && from <= to) return { of, from, to };
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
    return typeof origin === 'string' && isCount(size) && read ? { origin, size, scope: read } : undefined;
  } catch {
    return undefined;
  }
};

/** Whether a scope shows each message of this sequence; of a change nobody can tell from outside. */
export const mustShow = (scope: ExportScope, sequence: number): boolean =>
  scope.of === 'all' || (scope.of === 'range' && sequence >= scope.from && sequence <= scope.to);
