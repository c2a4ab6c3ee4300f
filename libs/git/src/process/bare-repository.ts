import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { git } from './run-git.js';

/** Makes a bare repository without hooks unless there is one; a half-made one is completed. */
export const ensureBareRepository = async (dir: string): Promise<void> => {
  const isThere = await stat(join(dir, 'HEAD')).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(dir, { recursive: true });
  await git({ args: ['init', '--bare', '--quiet', '--template=', dir] });
};
