import { matchesGlob } from 'node:path';

import { GitError } from '../git-error.js';
import { git } from '../process/run-git.js';
import type { PackOptions } from './mirror.js';

const defaultMaxBytes = 256 * 1024 * 1024;
const mostCommits = 500;

/** The head and the commits after the base, newest first; without a base, or with less than every file, the head alone. */
const commitsOf = async (
  dir: string,
  { head, base, include = [] }: PackOptions,
): Promise<readonly string[]> => {
  if (base === undefined || include.length > 0) return [head];
  const args = ['rev-list', `--max-count=${mostCommits}`, head, `^${base}`];
  const listed = (await git({ dir, args })).toString().split('\n');
  return [...new Set([head, ...listed.filter((line) => line !== '')])];
};

/**
 * Everything in the trees of the commits that is not in the base's tree. Histories are not walked: what an older commit
 * holds need not be where the pack is read.
 */
const objectsOf = async (
  dir: string,
  commits: readonly string[],
  { base, signal }: PackOptions,
): Promise<readonly string[]> => {
  const trees = [
    ...commits.map((oid) => `${oid}^{tree}`),
    ...(base === undefined ? [] : [`^${base}^{tree}`]),
  ];
  const output = await git({
    dir,
    args: ['rev-list', '--objects', '--no-object-names', '--stdin'],
    input: `${trees.join('\n')}\n`,
    maxOutputBytes: 1024 * 1024 * 1024,
    ...(signal && { signal }),
  });
  return output
    .toString()
    .split('\n')
    .filter((line) => line !== '');
};

/** Whether a path is one of the patterns, or below one. */
export const isIncluded = (path: string, include: readonly string[]): boolean =>
  include.length === 0 ||
  include.some((pattern) => {
    const bare = pattern.replace(/\/+$/, '');
    return path === bare || path.startsWith(`${bare}/`) || matchesGlob(path, bare);
  });

/** The ids of files that the patterns leave out: at none of their paths in the head are they wanted. */
const leftOut = async (dir: string, { head, include = [] }: PackOptions): Promise<ReadonlySet<string>> => {
  if (include.length === 0) return new Set();
  const output = await git({ dir, args: ['ls-tree', '-r', '-z', head] });
  const files = output
    .toString()
    .split('\0')
    .flatMap((line) => {
      const [, oid, path] = /^\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return oid !== undefined && path !== undefined ? [{ oid, path }] : [];
    });
  const wanted = new Set(files.filter(({ path }) => isIncluded(path, include)).map(({ oid }) => oid));
  return new Set(files.map(({ oid }) => oid).filter((oid) => !wanted.has(oid)));
};

const packOf = async (dir: string, commits: readonly string[], options: PackOptions): Promise<Uint8Array> => {
  const { maxBytes = defaultMaxBytes, signal } = options;
  const without = await leftOut(dir, options);
  const objects = (await objectsOf(dir, commits, options)).filter((oid) => !without.has(oid));
  return git({
    dir,
    args: ['pack-objects', '--stdout', '--quiet', '--threads=1', '--delta-base-offset'],
    input: `${[...commits, ...objects].join('\n')}\n`,
    maxOutputBytes: maxBytes,
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
