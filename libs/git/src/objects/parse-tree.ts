/** An entry of a tree object: one name of one folder. */
export type NamedEntry = {
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly oid: string;
  readonly name: string;
};

const typeOf = (mode: string): NamedEntry['type'] =>
  mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';

/** Reads a tree object: `<mode> <name>\0<id>` again and again, with ids of `idBytes` bytes. */
export const parseTree = (bytes: Buffer, idBytes: number): readonly NamedEntry[] => {
  const entries: NamedEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at);
    const nul = bytes.indexOf(0, space);
    const mode = bytes.toString('latin1', at, space).padStart(6, '0');
    const name = bytes.toString('utf8', space + 1, nul);
    const oid = bytes.toString('hex', nul + 1, nul + 1 + idBytes);
    entries.push({ mode, type: typeOf(mode), oid, name });
    at = nul + 1 + idBytes;
  }
  return entries;
};
