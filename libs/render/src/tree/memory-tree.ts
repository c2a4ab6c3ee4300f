import { digestOf } from '@syncline/kernel';

import { folderOf, isWithin } from './paths.js';
import type { TreeEntry, TreeReader } from './tree-reader.js';

/** Files by path; a link or a submodule stands as such. */
export type MemoryFiles = Readonly<Record<string, string | { readonly kind: 'link' | 'submodule' }>>;

const entriesOf = (files: MemoryFiles, folder: string): readonly TreeEntry[] => {
  const kinds = new Map<string, TreeEntry['kind']>();
  for (const [path, content] of Object.entries(files)) {
    if (!isWithin(folder, path) || path === folder) continue;
    const [name = '', ...below] = path.slice(folder === '' ? 0 : folder.length + 1).split('/');
    const leaf = typeof content === 'string' ? 'file' : content.kind;
    kinds.set(name, below.length > 0 ? 'folder' : leaf);
  }
  return [...kinds].map(([name, kind]) => ({ name, kind }));
};

/** A tree of files in memory. The id of a path is a digest of what lies at and below it, as Git's would change. */
export const memoryTree = (files: MemoryFiles): TreeReader => ({
  list: (path) => Promise.resolve(entriesOf(files, path)),
  read: (path) => {
    const content = files[path];
    if (typeof content === 'string') return Promise.resolve(content);
    return Promise.reject(new Error(`${path} is no file of ${folderOf(path)}`));
  },
  oid: (path) => {
    const below = Object.entries(files).filter(([each]) => isWithin(path, each));
    return Promise.resolve(below.length === 0 ? undefined : digestOf(below));
  },
});
