import { didYouMean, nearest } from '../suggestion.js';
import { folderOf, joinPath } from './paths.js';
import type { TreeReader } from './tree-reader.js';

const exists = async (tree: TreeReader, path: string): Promise<boolean> =>
  path === '' || (await tree.oid(path)) !== undefined;

/**
 * ` Did you mean "../../base"?` for a path that does not exist, in the way it was written: the first name on the way that is
 * not there is put right, and the whole must then exist. Nothing where nothing is near.
 */
export const suggestPath = async (tree: TreeReader, path: string, written: string): Promise<string> => {
  const names = path.split('/');
  let folder = '';
  let at = 0;
  while (at < names.length && (await exists(tree, joinPath(folder, names[at] ?? '')))) {
    folder = joinPath(folder, names[at] ?? '');
    at += 1;
  }
  const wrong = names[at];
  if (wrong === undefined) return '';
  const siblings = (await tree.list(folder)).map(({ name }) => name);
  const right = nearest(wrong, siblings);
  if (right === undefined) return '';
  const mended = [...names.slice(0, at), right, ...names.slice(at + 1)].join('/');
  if (!(await exists(tree, mended))) return '';
  const writtenNames = written.replace(/\/+$/, '').split('/');
  writtenNames[writtenNames.length - (names.length - at)] = right;
  return didYouMean(writtenNames.join('/'), [writtenNames.join('/')]);
};

/** Suggests another spelling of a folder of the repository. */
export const suggestFolder = (tree: TreeReader, path: string): Promise<string> =>
  suggestPath(tree, path, path === '' ? folderOf(path) : path);
