import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { GitError } from '../git-error.js';
import { isLfsPointer } from './lfs.js';
import type { ObjectCache, TreeEntry, WrittenLimits } from './object-cache.js';

const link = '120000';
const usual: WrittenLimits = { maxFiles: 20_000, maxBytes: 256 * 1024 * 1024 };

/** What may still be written. */
type Left = { files: number; bytes: number };

const refuse = (path: string, why: string): GitError =>
  new GitError('tree-refused', `${path} ${why}, which is not written out`, path);

/** Names that Git itself forbids, and those that would leave the folder, whoever made the tree. */
const verifyPath = (path: string): void => {
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..' || name.toLowerCase() === '.git')
      throw refuse(path, `holds the name "${name}"`);
    if (/[\\\0]/.test(name)) throw refuse(path, 'holds a backslash or a NUL');
  }
};

const trimmed = (path: string): string =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');

const entriesAt = async (
  cache: ObjectCache,
  revision: string,
  path: string,
  atMost: number,
): Promise<readonly TreeEntry[]> => {
  const found = await cache.resolvePath(revision, path);
  if (!found) return [];
  if (found.type === 'tree') return cache.readTree(revision, path, { recursive: true, atMost });
  return [{ ...found, path }];
};

const readWithin = async (cache: ObjectCache, { oid, path }: TreeEntry, left: Left): Promise<Uint8Array> => {
  left.files -= 1;
  if (left.files < 0) throw refuse(path, 'is one file too many');
  const bytes = await cache.readBlob(oid, left.bytes).catch((error: unknown) => {
    if (error instanceof GitError && error.code === 'too-large') throw refuse(path, 'is too large');
    throw error;
  });
  left.bytes -= bytes.length;
  return bytes;
};

const write = async (cache: ObjectCache, entry: TreeEntry, dir: string, left: Left): Promise<void> => {
  verifyPath(entry.path);
  const at = join(dir, ...entry.path.split('/'));
  if (entry.mode === link) throw refuse(entry.path, 'is a symbolic link');
  if (entry.type !== 'blob') {
    await mkdir(at, { recursive: true });
    return;
  }
  await mkdir(dirname(at), { recursive: true });
  const bytes = await readWithin(cache, entry, left);
  if (isLfsPointer(bytes)) throw refuse(entry.path, 'is a Git LFS pointer whose content lies elsewhere');
  await writeFile(at, bytes);
};

/** Writes parts of a revision as plain files; see {@link ObjectCache.materialise}. */
export const materialise = async (
  cache: ObjectCache,
  revision: string,
  paths: readonly string[],
  dir: string,
  { maxFiles, maxBytes }: WrittenLimits = usual,
): Promise<void> => {
  const left = { files: maxFiles, bytes: maxBytes };
  const written = new Set<string>();
  await mkdir(dir, { recursive: true });
  for (const path of paths.map(trimmed)) {
    for (const entry of await entriesAt(cache, revision, path, 2 * maxFiles)) {
      if (written.has(entry.path)) continue;
      written.add(entry.path);
      await write(cache, entry, dir, left);
    }
  }
};
