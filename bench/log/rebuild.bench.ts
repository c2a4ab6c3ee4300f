import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';

import type { EventLog } from '@syncline/kernel';
import { Projector } from '@syncline/read-models';
import { freePort, startPostgres } from '@syncline/toolchain';

import type { Benchmark, Figure } from '../benchmark.ts';
import { measured } from '../usage.ts';
import { copyBare, countRows, dumpTables, makeBareTables } from './bare-copy.ts';
import { readBare } from './bare-reading.ts';
import { fleetHistory, unknownEvery } from './fleet-history.ts';
import { startLogServer, type LogServer } from './log-server.ts';

const events = 1_000_000;
const mostSeconds = 30;
const mostFloors = 2;

/** Fills the views as a projector does that finds them empty. */
const open = async (projector: Projector): Promise<void> => {
  projector.start();
  while (projector.away !== undefined) await delay(20);
};

type Servers = {
  readonly log: LogServer;
  readonly url: string;
  readonly pids: Readonly<Record<string, number>>;
};

/** A history that is not believed would be quick to project. */
const expectRead = async (url: string): Promise<void> => {
  const unreadable = await countRows(url, 'unreadable');
  if (unreadable > events / unknownEvery)
    throw new Error(`${unreadable} messages of the history were set aside as unreadable`);
};

const measureFloor = async ({ log, url, pids }: Servers, dir: string): Promise<number> => {
  const dumped = await dumpTables(url, dir);
  const indexes = await makeBareTables(url, dumped);
  const bare = await log.bare();
  const { seconds } = await measured(pids, () =>
    Promise.all([readBare(bare), copyBare(url, dumped, indexes)]),
  );
  await bare.close();
  return seconds;
};

const measure = async (
  servers: Servers,
  log: EventLog,
  dir: string,
  say: (sentence: string) => void,
): Promise<readonly Figure[]> => {
  const failed = (error: unknown): void => say(`the live views were away: ${String(error)}`);
  const projector = new Projector(log, servers.url, { failed });
  say('filling the views for the first time');
  await open(projector);
  await expectRead(servers.url);
  say('rebuilding them beside the live ones');
  const { result, usage } = await measured(servers.pids, () => projector.rebuild());
  await projector.stop();
  if (result.differing.length > 0)
    throw new Error(`the rebuilt views differ: ${result.differing.join(', ')}`);
  say('reading, parsing and copying the same rows');
  const floor = await measureFloor(servers, dir);
  const target = Math.min(mostSeconds, mostFloors * floor);
  return [{ name: 'rebuild', value: result.seconds, unit: 's', floor, target, better: 'lower', usage }];
};

/** How long it takes to make the views anew from a million events, until they have taken the place of the live ones. */
export const benchmark: Benchmark = {
  name: 'rebuild',
  about: 'makes the views anew from a million events',
  atMostMinutes: 15,
  run: async ({ dir, say }) => {
    say(`writing ${events} events`);
    const log = await startLogServer(join(dir, 'log'), fleetHistory(events));
    const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort() });
    try {
      const pids = { projector: process.pid, postgres: postgres.pid, 'nats-server': log.pid };
      const hub = await log.hub('api');
      return await measure({ log, url: postgres.url, pids }, hub.log, dir, say);
    } finally {
      await postgres.stop();
      await log.stop();
    }
  },
};
