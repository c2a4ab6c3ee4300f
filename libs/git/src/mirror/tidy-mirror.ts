import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { git } from '../process/run-git.js';

/** More packs than these are joined, so that looking something up stays one look however long a mirror is kept. */
const mostPacks = 32;

/**
 * Joins the packs of a mirror where there are many: each fetch leaves one. Those of partial fetches are left as they are,
 * because joining them would take the files that they lack for lost.
 */
export const tidyMirror = async (dir: string): Promise<void> => {
  const names = await readdir(join(dir, 'objects', 'pack'));
  const isPartial = names.some((name) => name.endsWith('.promisor'));
  if (isPartial || names.filter((name) => name.endsWith('.pack')).length <= mostPacks) return;
  await git({ dir, args: ['repack', '--geometric=2', '-d', '--quiet'] });
};
