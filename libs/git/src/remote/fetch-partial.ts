import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { GitError } from '../git-error.js';
import { includedFiles } from '../mirror/pack.js';
import { ensureBareRepository } from '../process/bare-repository.js';
import { git } from '../process/run-git.js';
import { fetchFiles, fetchInto, type FetchRun } from './fetch-into.js';

/** It says where submodules come from, whatever else is read. */
const alwaysRead = '.gitmodules';

/** Stands in a mirror whose remote gives no files by their ids, so that it is not asked for them each time. */
const wholeMark = 'syncline-whole';

const isWhole = (dir: string): Promise<boolean> =>
  stat(join(dir, wholeMark)).then(
    () => true,
    () => false,
  );

/** The files of a revision that the patterns name and that are not here. */
const missingFiles = async (
  dir: string,
  revision: string,
  include: readonly string[],
): Promise<readonly string[]> => {
  const wanted = await includedFiles(dir, revision, [...include, alwaysRead]);
  const known = await git({
    dir,
    args: ['cat-file', '--batch-check'],
    input: [...wanted].map((oid) => `${oid}\n`).join(''),
  });
  return known
    .toString()
    .split('\n')
    .flatMap((line) => (line.endsWith(' missing') ? [line.slice(0, line.indexOf(' '))] : []));
};

/**
 * Fetches commits and folders, and of the files only those that the patterns name. A server that cannot leave out files
 * sends them all; one that gives none by id is read again as a whole.
 */
export const fetchPartially = async (run: FetchRun, include: readonly string[]): Promise<string> => {
  const { mirror } = run;
  if (await isWhole(mirror.dir)) return fetchInto(run);
  const head = await fetchInto({ ...run, isPartial: true });
  try {
    const missing = await missingFiles(mirror.dir, head, include);
    await fetchFiles({ ...run, isPartial: true }, missing);
    return head;
  } catch (error) {
    if (!(error instanceof GitError && error.code === 'ref-vanished')) throw error;
    await mirror.drop();
    await ensureBareRepository(mirror.dir);
    await writeFile(join(mirror.dir, wholeMark), '');
    return fetchInto(run);
  }
};
