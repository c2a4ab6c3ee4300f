import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { decodeText } from './decode-text.js';
import type { TreeEntry, TreeReader } from './tree-reader.js';

const kindOf = (entry: { isDirectory(): boolean; isFile(): boolean }): TreeEntry['kind'] => {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'link';
};

/** A tree that lies in a folder on disk. Its object ids only tell whether a path exists. */
export const folderTree = (root: string): TreeReader => ({
  list: async (path) => {
    const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => []);
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  },
  read: async (path) => decodeText(path, await readFile(join(root, path))),
  oid: (path) =>
    lstat(join(root, path)).then(
      () => 'present',
      () => undefined,
    ),
});
