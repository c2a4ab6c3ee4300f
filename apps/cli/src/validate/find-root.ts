import { CommandRefused } from '@syncline/kernel';
import { isRenderError, readConfiguration, namedRepositories, survey, workingTree } from '@syncline/render';
import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** A tree on disk, and what of it was named; `path` is relative to `root`, `''` for all of it. */
export type Named = { readonly root: string; readonly path: string };

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const repositoryAbove = async (folder: string): Promise<string | undefined> => {
  if (await exists(join(folder, '.git'))) return folder;
  const above = dirname(folder);
  return above === folder ? undefined : repositoryAbove(above);
};

const isBelow = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(`${folder}${sep}`);

/** The source paths that are declared at or below a path, where they can be read. */
const declaredPaths = async (root: string, path: string): Promise<readonly string[]> => {
  try {
    const { declaring } = await survey(workingTree(root), path);
    const name = [...namedRepositories(declaring)][0] ?? '';
    return readConfiguration(declaring, { name }).applications.map(({ spec }) => spec.source.path);
  } catch (error) {
    if (!isRenderError(error)) throw error;
    return [];
  }
};

const foldersBetween = (root: string, folder: string): readonly string[] =>
  folder === root ? [root] : [...foldersBetween(root, dirname(folder)), folder];

/** A repository may be a folder of another, as examples are: the root is where most of what is declared is found. */
const bestRoot = async (outermost: string, folder: string, path: string): Promise<string | undefined> => {
  const declared = await declaredPaths(outermost, path);
  let best: string | undefined;
  let most = 0;
  for (const root of foldersBetween(outermost, folder)) {
    const found = await Promise.all(declared.map((one) => exists(join(root, one))));
    const count = found.filter(Boolean).length;
    if (count > most) [best, most] = [root, count];
  }
  return best;
};

/**
 * Finds the tree that a path belongs to: the Git working tree around it; outside of one the folder that one stands in, where
 * the path lies below that, else the path's own folder; and below that, where the declared paths are found. Throws
 * CommandRefused where nothing is there.
 */
export const findRoot = async (path: string, standingIn: string): Promise<Named> => {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) throw new CommandRefused('path-missing', `${path} does not exist.`);
  const isFolder = (await lstat(real)).isDirectory();
  const folder = isFolder ? real : dirname(real);
  const here = await realpath(standingIn);
  const inside = (root: string): string => relative(root, real).split(sep).join('/');
  const repository = await repositoryAbove(folder);
  const outermost = repository ?? (isBelow(here, real) ? here : folder);
  const best = await bestRoot(outermost, folder, inside(outermost));
  const declares =
    best === undefined && repository === undefined && isFolder && (await exists(join(real, 'applications')));
  const root = best ?? (declares ? real : outermost);
  return { root, path: inside(root) };
};
