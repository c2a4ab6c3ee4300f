import { identifyProcess, isRunning } from '@syncline/toolchain';
import { readlink, rm, symlink } from 'node:fs/promises';
import { z } from 'zod';

const identity = z.object({ pid: z.int().positive(), started: z.string() });

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

const holderOf = async (lock: string): Promise<z.infer<typeof identity> | undefined> => {
  try {
    return identity.parse(JSON.parse(await readlink(lock)));
  } catch {
    return undefined;
  }
};

/** A link is made with what it says at once or not at all, which a file is not. */
const take = async (lock: string): Promise<boolean> => {
  const self = JSON.stringify(await identifyProcess(process.pid));
  for (;;) {
    try {
      await symlink(self, lock);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const holder = await holderOf(lock);
    if (holder !== undefined && (await isRunning(holder))) return false;
    await rm(lock, { force: true });
  }
};

/** Does what one process at a time may do, unless one that runs does it already. What was killed over it holds nobody up. */
export const unlessAnotherDoes = async (lock: string, work: () => Promise<void>): Promise<void> => {
  if (!(await take(lock))) return;
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
};
