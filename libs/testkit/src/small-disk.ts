import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const blockBytes = 64 * 1024;

/** A disk of a test's own that is small enough to be filled. */
export type SmallDisk = {
  readonly path: string;
  /** Takes every byte that is left. */
  readonly fill: () => Promise<void>;
  /** Gives back what {@link fill} took. */
  readonly free: () => Promise<void>;
  /** Takes it away with all that is on it. */
  readonly remove: () => Promise<void>;
};

/** Why no small disk can be made here; undefined where one can. */
export const noSmallDisk = (): string | undefined =>
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'a file system of memory is mounted by root alone, on Linux';

/** Waits for the end of whoever starts it, however that ends, and takes the disk away. */
const startWarden = (path: string): ChildProcess => {
  const script = 'cat > /dev/null; umount --lazy "$1"; rm -rf "$1"';
  const warden = spawn('sh', ['-c', script, 'sh', path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  warden.unref();
  return warden;
};

/** Mounts a file system of memory of so many megabytes. Remove it in `afterAll`; it ends with the test's process in any case. */
export const startSmallDisk = async (megabytes: number): Promise<SmallDisk> => {
  const folder = await temporaryFolder('disk');
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder.path]);
  const warden = startWarden(folder.path);
  const ballast = join(folder.path, 'ballast');
  return {
    path: folder.path,
    fill: async () => {
      const file = await open(ballast, 'a');
      try {
        for (const bytes of [blockBytes, 1]) await takeAll(() => file.write(Buffer.alloc(bytes)));
      } finally {
        await file.close();
      }
      const { bavail } = await statfs(folder.path);
      if (bavail > 0) throw new Error(`${bavail} blocks are left on a disk that was filled`);
    },
    free: () => rm(ballast, { force: true }),
    remove: async () => {
      const ended = once(warden, 'exit');
      warden.stdin?.end();
      await ended;
    },
  };
};

const takeAll = async (write: () => Promise<unknown>): Promise<void> => {
  for (;;) {
    try {
      await write();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
};
