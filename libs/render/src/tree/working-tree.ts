import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { RenderError } from '../render-error.js';
import { limits } from '../yaml/limits.js';
import { folderTree } from './folder-tree.js';
import { displayPath, folderOf, joinPath, resolvePath } from './paths.js';
import type { TreeEntry, TreeReader } from './tree-reader.js';

/** A tree that somebody works in, and a way to copy parts of it to where a renderer may have them. */
export interface WorkingTree extends TreeReader {
  /** Copies files and folders (whole, without links and `.git`) under their names below a folder. */
  materialise(paths: readonly string[], into: string): Promise<void>;
}

type Spent = { files: number; bytes: number };

const refuseLarge = (path: string, what: string): RenderError =>
  new RenderError('object-limit', what, { file: displayPath(path), line: 1 });

const spend = (spent: Spent, path: string, bytes: number): void => {
  spent.files += 1;
  spent.bytes += bytes;
  if (spent.files > limits.filesPerApplication)
    throw refuseLarge(path, `more than ${limits.filesPerApplication} files are needed to render this`);
  if (spent.bytes > limits.outputBytes)
    throw refuseLarge(path, `more than ${limits.outputBytes / 1024 / 1024} MiB are needed to render this`);
};

/**
 * A tree that lies in a folder on disk where anything may stand: what lies behind a symbolic link does not exist in it, as in
 * Git; `.git` is no part of it; and a file is looked at before it is read, so that a large one or a device is refused by name.
 */
export const workingTree = (root: string): WorkingTree => {
  const folder = folderTree(root);
  const isPlainWay = async (path: string): Promise<boolean> => {
    if (resolvePath('', path) === undefined) return false;
    const [top, real] = await Promise.all([realpath(root), realpath(join(root, path))]).catch(
      (): readonly [] => [],
    );
    return top !== undefined && real === (path === '' ? top : join(top, path));
  };
  const list = async (path: string): Promise<readonly TreeEntry[]> =>
    (await isPlainWay(path)) ? (await folder.list(path)).filter(({ name }) => name !== '.git') : [];
  const copy = async (path: string, into: string, spent: Spent): Promise<void> => {
    if (!(await isPlainWay(path))) return;
    const found = await lstat(join(root, path));
    if (found.isDirectory()) {
      await mkdir(join(into, path), { recursive: true });
      for (const { name, kind } of await list(path))
        if (kind === 'file' || kind === 'folder') await copy(joinPath(path, name), into, spent);
    } else if (found.isFile()) {
      spend(spent, path, found.size);
      await mkdir(dirname(join(into, path)), { recursive: true });
      await copyFile(join(root, path), join(into, path));
    }
  };
  return {
    list,
    read: async (path) => {
      if (!(await isPlainWay(path)))
        throw new RenderError('link-refused', 'is reached through a symbolic link, which is not followed', {
          file: path,
          line: 1,
        });
      await refuseUnreadable(join(root, path), path);
      return folder.read(path);
    },
    oid: async (path) => ((await isPlainWay(folderOf(path))) ? folder.oid(path) : undefined),
    materialise: async (paths, into) => {
      const spent = { files: 0, bytes: 0 };
      for (const path of paths) await copy(path === '.' ? '' : path, into, spent);
    },
  };
};

const refuseUnreadable = async (file: string, path: string): Promise<void> => {
  const place = { file: path, line: 1 };
  // A pipe without a writer would hold a plain open for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    (cause: unknown) => {
      throw new RenderError('yaml-invalid', 'cannot be read', { ...place, cause });
    },
  );
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new RenderError('yaml-invalid', 'is no plain file', place);
    if (found.size > limits.fileBytes)
      throw new RenderError('yaml-limit', `larger than ${limits.fileBytes / 1024 / 1024} MiB`, place);
  } finally {
    await handle.close();
  }
};
