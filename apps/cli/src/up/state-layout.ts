import { CommandRefused } from '@syncline/kernel';
import { chmod, mkdir, readFile, readdir, statfs, writeFile } from 'node:fs/promises';
import { z } from 'zod';

import type { Places } from './places.js';

const layout = 1;
const leastFreeBytes = 512 * 1024 * 1024;
const layoutFile = z.object({ layout: z.int().positive() });

const refuseFullDisk = async (state: string): Promise<void> => {
  const { bavail, bsize } = await statfs(state);
  if (bavail * bsize >= leastFreeBytes) return;
  throw new CommandRefused(
    'disk-full',
    `The disk that holds ${state} has less than 512 MB left. Free some space, or choose another place with --state DIR.`,
  );
};

const readLayout = async (places: Places): Promise<number | undefined> => {
  const text = await readFile(places.layout, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return layoutFile.parse(JSON.parse(text)).layout;
  } catch {
    throw new CommandRefused(
      'state-broken',
      `${places.layout} cannot be read. Remove ${places.state} to begin anew, or choose another place with --state DIR.`,
    );
  }
};

/**
 * Makes the state directory, or checks that it is one of this version. Throws CommandRefused where it belongs to
 * something else, to another version, or the disk is full.
 */
export const openState = async (places: Places): Promise<void> => {
  await mkdir(places.state, { recursive: true, mode: 0o700 });
  await refuseFullDisk(places.state);
  const found = await readLayout(places);
  if (found === layout) return;
  if (found !== undefined) {
    const [age, remedy] =
      found > layout ? ['a newer', 'Update this checkout'] : ['an older', 'Start that version'];
    throw new CommandRefused(
      'state-version',
      `${places.state} was made by ${age} Syncline (layout ${found}; this one has ${layout}). ${remedy}, or choose another place with --state DIR.`,
    );
  }
  if ((await readdir(places.state)).length > 0) {
    throw new CommandRefused(
      'state-foreign',
      `${places.state} is not empty and was not made by Syncline. Choose another place with --state DIR.`,
    );
  }
  await chmod(places.state, 0o700);
  await writeFile(places.layout, JSON.stringify({ layout }), { mode: 0o600 });
};
