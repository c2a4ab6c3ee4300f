import { matchesGlob } from 'node:path';

import { GitError } from '../git-error.js';
import { git } from '../process/run-git.js';
import type { PackOptions } from './mirror.js';

const defaultMaxBytes = 256 * 1024 * 1024;
const mostCommitsBetween = '5000';

/** Objects by id, with the path at which each was met; commits and the root have none. */
type Listed = Map<string, string>;

const list = async (dir: string, args: readonly string[], signal?: AbortSignal): Promise<Listed> => {
  const output = await git({
    dir,
    args: ['rev-list', '--objects', ...args],
    maxOutputBytes: 1024 * 1024 * 1024,
    ...(signal && { signal }),
  });
  const lines = output
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
    }),
  );
};

/** Everything in the head's tree that is not in the base's. */
const treeObjects = (dir: string, { head, base, signal }: PackOptions): Promise<Listed> =>
  list(dir, [`${head}^{tree}`, ...(base === undefined ? [] : [`^${base}^{tree}`])], signal);

/** The commits after the base, with what is theirs. */
const between = async (dir: string, { head, base, signal }: PackOptions): Promise<Listed> =>
  base === undefined ? new Map() : list(dir, [`--max-count=${mostCommitsBetween}`, head, `^${base}`], signal);

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

/** See {@link Mirror.makePack}. Equal input gives equal bytes with one version of git. */
export const makePack = async (dir: string, options: PackOptions): Promise<Uint8Array> => {
  const { head, maxBytes = defaultMaxBytes, signal } = options;
  const without = await leftOut(dir, options);
  const listed = new Map([...(await between(dir, options)), ...(await treeObjects(dir, options))]);
  const ids = [head, ...listed.keys()].filter((oid) => !without.has(oid));
  return git({
    dir,
    args: ['pack-objects', '--stdout', '--quiet', '--threads=1', '--delta-base-offset'],
    input: `${[...new Set(ids)].join('\n')}\n`,
    maxOutputBytes: maxBytes,
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (!(error instanceof GitError) || error.code !== 'too-large') throw error;
    const limit = Math.floor(maxBytes / 1024 / 1024);
    throw new GitError(
      'too-large',
      `The revision ${head.slice(0, 12)} takes more than ${limit} MiB. Narrow the repository's include to what is deployed.`,
      head,
      error,
    );
  });
};
