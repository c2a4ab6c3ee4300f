import { freePort, isFree } from '@syncline/toolchain';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

import type { Say } from './say.js';

/** What listens on loopback, and where it would like to. */
const preferred = {
  api: 8420,
  git: 8421,
  nats: 8422,
  postgres: 8423,
  'git-watcher': 8424,
  planner: 8425,
  applier: 8426,
} as const;

export type Ports = Readonly<Record<keyof typeof preferred, number>>;
const portsFile = z.record(z.string(), z.int().min(1).max(65_535));

const remembered = async (file: string): Promise<Record<string, number>> => {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const parsed = portsFile.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : {};
};

const pick = async (name: string, before: number | undefined, wish: number, say: Say): Promise<number> => {
  if (before !== undefined && (await isFree(before))) return freePort(before);
  const port = await freePort(before === undefined ? wish : 0);
  if (before !== undefined)
    say(`port ${before} of ${name} is taken by something else; it listens on ${port} now`);
  return port;
};

/** The ports of an installation: those of the last start where they are still free, said where they are not. */
export const choosePorts = async (file: string, say: Say): Promise<Ports> => {
  const before = await remembered(file);
  const chosen: Record<string, number> = {};
  for (const [name, wish] of Object.entries(preferred))
    chosen[name] = await pick(name, before[name], wish, say);
  await writeFile(file, JSON.stringify(chosen), { mode: 0o600 });
  return chosen as Ports;
};
