import { isFree } from '@syncline/toolchain';
import { lstat, readFile, statfs } from 'node:fs/promises';
import { z } from 'zod';

import { findSupervisor } from '../up/claim.js';
import { commandFor } from '../up/command-text.js';
import { keyNames } from '../up/keys.js';
import type { Places } from '../up/places.js';
import { fine, wrong, type Check } from './check.js';

const leastFreeBytes = 512 * 1024 * 1024;
const portsFile = z.record(z.string(), z.int().min(1).max(65_535));
const childrenFile = z.record(z.string(), z.array(z.int()));

/** What the files of a local installation say of it. */
export type LocalState = {
  readonly checks: readonly Check[];
  readonly exists: boolean;
  readonly isRunning: boolean;
  readonly ports: Readonly<Record<string, number>>;
};

const textAt = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

const readJson = async <Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | 'broken' | undefined> => {
  const text = await textAt(file);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return 'broken';
  }
};

const checkDisk = async ({ state }: Places): Promise<Check> => {
  const { bavail, bsize } = await statfs(state);
  const free = bavail * bsize;
  const text = `${Math.round(free / 1024 / 1024)} MB are free on the disk of ${state}`;
  return free >= leastFreeBytes
    ? fine('disk', text)
    : wrong(
        'disk',
        `only ${text}`,
        'Free some space: without it nothing can be recorded, so nothing is done.',
      );
};

/** Whether a secret file is there, holds something, and is its owner's alone. */
export const checkSecret = async (file: string, ifMissing: string): Promise<Check | undefined> => {
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return wrong(file, 'is missing', ifMissing);
  if (!found.isFile()) return wrong(file, 'is no plain file', ifMissing);
  if (found.size === 0) return wrong(file, 'is empty', ifMissing);
  if ((found.mode & 0o077) === 0) return undefined;
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  return wrong(file, `may be read or written by others (mode ${mode})`, `chmod 600 ${file}`);
};

const checkSecrets = async (places: Places): Promise<readonly Check[]> => {
  const restore = `Put it back from a copy, or remove ${places.state} to begin anew: what it was made for cannot be read without it.`;
  const anew = 'Stop and start Syncline: it makes a new one. Who used the old one needs the new one.';
  const found = await Promise.all([
    checkSecret(places.token, anew),
    ...keyNames.map((name) => checkSecret(places.key(name), restore)),
  ]);
  const bad = found.filter((one) => one !== undefined);
  if (bad.length > 0) return bad;
  return [fine('keys', `${keyNames.length} keys and the token are there, and their owner's alone`)];
};

const checkSupervisor = async (places: Places, isRunning: boolean): Promise<Check> => {
  const command = commandFor(places.state);
  if (isRunning) return fine('supervisor', 'runs');
  const text = await textAt(places.supervisor);
  if (text === undefined)
    return wrong(
      'supervisor',
      `Syncline is stopped in ${places.state}`,
      `Start it: ${command('up --detach')}`,
    );
  const pid = /"pid":\s*(\d+)/.exec(text)?.[1];
  const who = pid === undefined ? 'what cannot be read' : `process ${pid}, which is gone or another program`;
  return wrong(
    places.supervisor,
    `names ${who}: Syncline was ended without being stopped`,
    `Start it again, which clears up: ${command('up --detach')}`,
  );
};

const checkPorts = async (
  { ports: file }: Places,
  ports: Readonly<Record<string, number>> | 'broken' | undefined,
  isRunning: boolean,
): Promise<readonly Check[]> => {
  if (ports === 'broken')
    return [wrong(file, 'cannot be read', `Remove it: the next start chooses ports anew and says which.`)];
  if (ports === undefined || isRunning) return [];
  const taken = await Promise.all(
    Object.entries(ports).map(async ([name, port]) =>
      (await isFree(port))
        ? undefined
        : wrong(
            `port ${port}`,
            `was of ${name} and is taken by something else now`,
            `End what listens there (ss -ltnp 'sport = :${port}'), or start and let ${name} take another port.`,
          ),
    ),
  );
  const bad = taken.filter((one) => one !== undefined);
  return bad.length > 0 ? bad : [fine('ports', 'the ports of the last start are free')];
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const checkChildren = async (places: Places): Promise<readonly Check[]> => {
  const children = await readJson(places.children, childrenFile);
  if (children === 'broken' || children === undefined)
    return [
      wrong(places.children, 'cannot be read', 'Wait for the start to end, else stop and start Syncline.'),
    ];
  return Object.entries(children).map(([name, pids]) =>
    pids.length > 0 && pids.every(isAlive)
      ? fine(name, `runs (process ${pids.join(', ')})`)
      : wrong(
          name,
          'does not run',
          `It is started again within seconds; where it is not, its log says why: ${places.log(name)}`,
        ),
  );
};

/** Looks at the state directory of a local installation; works whatever state it is in. */
export const checkState = async (places: Places): Promise<LocalState> => {
  const nothing = { exists: false, isRunning: false, ports: {} };
  const found = await lstat(places.state).catch(() => undefined);
  if (found === undefined) {
    const mend = 'Start one with npm start, name its state directory with --state DIR, or set SYNCLINE_URL.';
    return { ...nothing, checks: [wrong(places.state, 'there is no installation', mend)] };
  }
  const layout = await readJson(places.layout, z.object({ layout: z.int().positive() }));
  if (layout === undefined || layout === 'broken') {
    const another = 'Name the state directory with --state DIR';
    const [what, mend] =
      layout === undefined
        ? ['is missing: this was not made by Syncline', `${another}.`]
        : ['cannot be read', `${another}, put the file back, or remove ${places.state} to begin anew.`];
    return { ...nothing, checks: [wrong(places.layout, what, mend)] };
  }
  const isRunning = (await findSupervisor(places)) !== undefined;
  const ports = await readJson(places.ports, portsFile);
  const checks = [
    await checkSupervisor(places, isRunning),
    await checkDisk(places),
    ...(await checkSecrets(places)),
    ...(await checkPorts(places, ports, isRunning)),
    ...(isRunning ? await checkChildren(places) : []),
  ];
  return { checks, exists: true, isRunning, ports: typeof ports === 'object' ? ports : {} };
};
