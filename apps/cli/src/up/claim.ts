import { identifyProcess, isRunning, type ProcessIdentity } from '@syncline/toolchain';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

import type { Places } from './places.js';

const identity = z.object({ pid: z.int().positive(), started: z.string() });
const leftoversMs = 10_000;
const pollMs = 100;

const readJson = async <Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> => {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
};

/** The supervisor that runs an installation now; undefined where none does, whatever a crash left behind. */
export const findSupervisor = async (places: Places): Promise<ProcessIdentity | undefined> => {
  const found = await readJson(places.supervisor, identity);
  return found !== undefined && (await isRunning(found)) ? found : undefined;
};

/**
 * Keeps the list of an installation's processes: by part for people, and with their identities, so that what a crash
 * leaves can be told from strangers.
 */
export const recordChildren = async (
  places: Places,
  parts: Readonly<Record<string, readonly number[]>>,
): Promise<void> => {
  const identities = await Promise.all(Object.values(parts).flat().map(identifyProcess));
  const write = (file: string, value: unknown): Promise<void> =>
    writeFile(file, JSON.stringify(value), { mode: 0o600 });
  await write(
    places.identities,
    identities.filter((one) => one !== undefined),
  );
  await write(places.children, parts);
};

const runningOf = async (children: readonly ProcessIdentity[]): Promise<readonly ProcessIdentity[]> => {
  const states = await Promise.all(children.map(isRunning));
  return children.filter((_, index) => states[index]);
};

/** Waits until the processes of a crashed supervisor are gone, which its reaper sees to, and ends what stays. */
export const endLeftovers = async (places: Places): Promise<void> => {
  const children = (await readJson(places.identities, z.array(identity))) ?? [];
  const deadline = performance.now() + leftoversMs;
  let left = await runningOf(children);
  while (left.length > 0 && performance.now() < deadline) {
    await delay(pollMs);
    left = await runningOf(left);
  }
  for (const { pid } of left) process.kill(-pid, 'SIGKILL');
  await Promise.all([places.children, places.identities].map((file) => rm(file, { force: true })));
};

const writeClaim = async (places: Places): Promise<boolean> => {
  const self = await identifyProcess(process.pid);
  try {
    await writeFile(places.supervisor, JSON.stringify(self), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

/** Makes this process the installation's supervisor; gives the one that is there already instead, where there is one. */
export const claimInstallation = async (places: Places): Promise<ProcessIdentity | undefined> => {
  while (!(await writeClaim(places))) {
    const other = await findSupervisor(places);
    if (other) return other;
    await endLeftovers(places);
    await rm(places.supervisor, { force: true });
  }
  return undefined;
};

/** Ends the claim: nothing of the installation runs any more. */
export const releaseInstallation = async (places: Places): Promise<void> => {
  const files = [places.url, places.children, places.identities, places.supervisor];
  for (const file of files) await rm(file, { force: true });
};
