import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { identifyProcess, isRunning, type ProcessIdentity } from '../processes/identity.js';

const pollMs = 500;
const tellEveryMs = 15_000;
/** Taking a lock from a dead holder is a matter of milliseconds; who is at it for longer has died at it. */
const takingMs = 10_000;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Whether the file was not there before, and is there now. */
const unlessThere = async (make: () => Promise<void>): Promise<boolean> => {
  try {
    await make();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

/** The holder that a lock names; undefined where a crash or a full disk left something else. */
const holderIn = (text: string): ProcessIdentity | undefined => {
  try {
    const { pid, started } = JSON.parse(text) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
};

/** Whether whoever wrote the lock is gone: its process has ended, or what it wrote names none. */
const isAbandoned = async (path: string): Promise<boolean> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return false;
  const holder = holderIn(text);
  return holder === undefined || !(await isRunning(holder));
};

/** Removes an abandoned lock. Only one process at a time may, or the second would remove the lock that the first then took. */
const clearAbandoned = async (path: string): Promise<void> => {
  const taking = `${path}.taking`;
  if (await unlessThere(async () => (await open(taking, 'wx')).close())) {
    try {
      if (await isAbandoned(path)) await rm(path, { force: true });
    } finally {
      await rm(taking, { force: true });
    }
    return;
  }
  const since = await stat(taking).then(
    (one) => one.mtimeMs,
    () => Date.now(),
  );
  if (Date.now() - since > takingMs) await rm(taking, { force: true });
};

/** Whether we hold the lock now. It comes to be with its holder's name in it: a living one's lock is never empty. */
const tryLock = async (path: string): Promise<boolean> => {
  const mine = `${path}.${randomUUID()}`;
  try {
    await writeFile(mine, JSON.stringify(await identifyProcess(process.pid)));
    if (await unlessThere(() => link(mine, path))) return true;
    if (!(await isAbandoned(path))) return false;
    await clearAbandoned(path);
    return await unlessThere(() => link(mine, path));
  } finally {
    await rm(mine, { force: true });
  }
};

/** Says what is waited for: at once, and again every 15 seconds. */
const tellWhileWaiting = (waitingFor: string, progress: (line: string) => void): (() => void) => {
  const began = performance.now();
  let told = 0;
  return () => {
    const waitedMs = performance.now() - began;
    if (told > 0 && waitedMs < told * tellEveryMs) return;
    progress(
      told === 0
        ? `waiting for ${waitingFor}`
        : `still waiting for ${waitingFor}, ${Math.round(waitedMs / 1000)} s`,
    );
    told += 1;
  };
};

/** Runs `work` while no other process does so under the same lock file; says what it waits for. */
export const withLock = async <Result>(
  path: string,
  waitingFor: string,
  progress: (line: string) => void,
  work: () => Promise<Result>,
): Promise<Result> => {
  await mkdir(dirname(path), { recursive: true });
  const tell = tellWhileWaiting(waitingFor, progress);
  while (!(await tryLock(path))) {
    tell();
    await delay(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
};
