import { freePort, isFree } from '@syncline/toolchain';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

import type { Say } from './say.js';

/**
 * What listens on loopback, and where it would like to. Only what people type has a wish: any free port is as good for
 * the rest, and two installations that start at once do not get in each other's way.
 */
const wishes = {
  api: 8420,
  git: 8421,
  nats: 0,
  sandbox: 0,
  postgres: 0,
  'git-watcher': 0,
  planner: 0,
  applier: 0,
} as const;

/** Where everything listens; those of some services change while it runs. */
export type Ports = Record<keyof typeof wishes, number>;
const portsFile = z.record(z.string(), z.int().min(1).max(65_535));

const remembered = async (file: string): Promise<Record<string, number>> => {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return portsFile.catch({}).parse(JSON.parse(text));
};

const pick = async (name: string, before: number | undefined, wish: number, say: Say): Promise<number> => {
  if (before !== undefined && (await isFree(before))) return before;
  const port = await freePort(wish);
  const wanted = before ?? wish;
  if (wanted !== 0 && wanted !== port)
    say(`port ${wanted} is taken by something else; ${name} listens on ${port}`);
  return port;
};

/** The ports of an installation: those of the last start where they are still free, said where they are not. */
export const choosePorts = async (file: string, say: Say): Promise<Ports> => {
  const before = await remembered(file);
  const chosen: Record<string, number> = {};
  for (const [name, wish] of Object.entries(wishes)) {
    chosen[name] = await pick(name, before[name], wish, say);
  }
  await writeFile(file, JSON.stringify(chosen), { mode: 0o600 });
  return chosen as Ports;
};

/** Services whose ports nobody types, and nobody knows but by the file. */
const movable = ['git-watcher', 'planner', 'applier'] as const;
type Movable = (typeof movable)[number];
const isMovable = (name: keyof Ports): name is Movable => movable.some((one) => one === name);

/**
 * Before a service starts: gives it another port where something else has taken its own since that was chosen, or while the
 * service was down. It would never start again, and what answers there might be taken for it.
 */
export const moveWhereTaken = async (
  file: string,
  ports: Ports,
  name: keyof Ports,
  say: Say,
): Promise<void> => {
  if (!isMovable(name)) return;
  const port = await pick(name, ports[name], 0, say);
  if (port === ports[name]) return;
  ports[name] = port;
  const written = `${file}.${name}`;
  await writeFile(written, JSON.stringify(ports), { mode: 0o600 });
  await rename(written, file);
};
