import { delimiter, join } from 'node:path';

import { GitError } from '../git-error.js';
import { git } from '../process/run-git.js';
import { isIncluded } from './included.js';
import type { PackOptions, PackPart } from './mirror.js';

const defaultMaxBytes = 256 * 1024 * 1024;
const largestList = 1024 * 1024 * 1024;
const mostCommits = 500;

const linesOf = (output: Buffer): readonly string[] =>
  output
    .toString()
    .split('\n')
    .filter((line) => line !== '');

/** The head and the commits after the base, newest first; without a base, or with less than every file, the head alone. */
const commitsOf = async (
  dir: string,
  { head, base, include = [] }: PackOptions,
): Promise<readonly string[]> => {
  if (base === undefined || include.length > 0) return [head];
  const args = ['rev-list', `--max-count=${mostCommits}`, head, `^${base}`];
  return [...new Set([head, ...linesOf(await git({ dir, args }))])];
};

/**
 * Everything in the trees of the commits that is not in the base's tree; without files, the folders alone. Histories are not
 * walked: what an older commit holds need not be where the pack is read.
 */
const objectsOf = async (
  dir: string,
  commits: readonly string[],
  { base, include = [], signal }: Pick<PackOptions, 'base' | 'include' | 'signal'>,
): Promise<readonly string[]> => {
  const trees = [
    ...commits.map((oid) => `${oid}^{tree}`),
    ...(base === undefined ? [] : [`^${base}^{tree}`]),
  ];
  const filter = include.length === 0 ? [] : ['--filter=blob:none'];
  const output = await git({
    dir,
    args: ['rev-list', '--objects', '--no-object-names', ...filter, '--stdin'],
    input: `${trees.join('\n')}\n`,
    maxOutputBytes: largestList,
    ...(signal && { signal }),
  });
  return linesOf(output);
};

/** The ids of a revision's files that the patterns name. `prefix` is where its root lies in that of the repository. */
export const includedFiles = async (
  dir: string,
  revision: string,
  include: readonly string[],
  prefix = '',
): Promise<ReadonlySet<string>> => {
  const output = await git({ dir, args: ['ls-tree', '-r', '-z', revision], maxOutputBytes: largestList });
  const oids = output
    .toString()
    .split('\0')
    .flatMap((line) => {
      const [, oid, path] = /^\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return oid !== undefined && path !== undefined && isIncluded(`${prefix}${path}`, include) ? [oid] : [];
    });
  return new Set(oids);
};

/** The folders that are new, and of the files those that the patterns name. */
const includedObjects = async (
  dir: string,
  commits: readonly string[],
  options: PackOptions,
  prefix = '',
): Promise<readonly string[]> => {
  const { head, base, include = [] } = options;
  const folders = await objectsOf(dir, commits, options);
  if (include.length === 0) return folders;
  const files = await includedFiles(dir, head, include, prefix);
  const known = base === undefined ? new Set<string>() : await includedFiles(dir, base, include, prefix);
  return [...folders, ...[...files].filter((oid) => !known.has(oid))];
};

/** A submodule's commit with its whole tree. */
const partObjects = async (
  { dir, oid, path }: PackPart,
  { include, signal }: PackOptions,
): Promise<readonly string[]> => {
  const options = { head: oid, ...(include && { include }), ...(signal && { signal }) };
  return [oid, ...(await includedObjects(dir, [oid], options, `${path}/`))];
};

const packOf = async (dir: string, commits: readonly string[], options: PackOptions): Promise<Uint8Array> => {
  const { maxBytes = defaultMaxBytes, parts = [], signal } = options;
  const own = await includedObjects(dir, commits, options);
  const others = await Promise.all(parts.map((part) => partObjects(part, options)));
  const elsewhere = parts.map((part) => join(part.dir, 'objects')).join(delimiter);
  return git({
    dir,
    args: ['pack-objects', '--stdout', '--quiet', '--threads=1', '--delta-base-offset'],
    input: `${[...new Set([...commits, ...own, ...others.flat()])].join('\n')}\n`,
    maxOutputBytes: maxBytes,
    ...(parts.length > 0 && { env: { GIT_ALTERNATE_OBJECT_DIRECTORIES: elsewhere } }),
    ...(signal && { signal }),
  });
};

const isTooLarge = (error: unknown): boolean => error instanceof GitError && error.code === 'too-large';

/**
 * See {@link Mirror.makePack}. Equal input gives equal bytes with one version of git. Where the commits between are what
 * makes the pack too large, it holds the head alone.
 */
export const makePack = async (dir: string, options: PackOptions): Promise<Uint8Array> => {
  const { head, maxBytes = defaultMaxBytes } = options;
  try {
    const commits = await commitsOf(dir, options);
    return await packOf(dir, commits, options).catch((error: unknown) => {
      if (!isTooLarge(error) || commits.length === 1) throw error;
      return packOf(dir, [head], options);
    });
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    const limit = `${Math.floor(maxBytes / 1024)} KiB`;
    const sentence = `The revision ${head.slice(0, 12)} takes more than ${limit}. Narrow the repository's include to what is deployed.`;
    throw new GitError('too-large', sentence, head, error);
  }
};
