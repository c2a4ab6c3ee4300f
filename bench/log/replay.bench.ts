import { join } from 'node:path';

import type { EventLog } from '@syncline/kernel';

import type { Benchmark } from '../benchmark.ts';
import { measured } from '../usage.ts';
import { readBare } from './bare-reading.ts';
import { fleetHistory } from './fleet-history.ts';
import { startLogServer } from './log-server.ts';

const events = 500_000;
const least = 100_000;

const readAll = async (log: EventLog): Promise<number> => {
  let read = 0;
  for await (const entries of log.scanInBatches({}))
    for (const entry of entries) read += entry.unreadable ? 1 : entry.events.length;
  return read;
};

/** How fast a whole log is read and decoded, as the projector does it. */
export const benchmark: Benchmark = {
  name: 'replay',
  about: 'reads and decodes half a million events of a log',
  atMostMinutes: 5,
  run: async ({ dir, say }) => {
    say(`writing ${events} events`);
    const log = await startLogServer(join(dir, 'log'), fleetHistory(events));
    try {
      const hub = await log.hub('api');
      const bare = await log.bare();
      const pids = { reader: process.pid, 'nats-server': log.pid };
      say('reading them');
      const floor = await measured(pids, () => readBare(bare));
      const replay = await measured(pids, () => readAll(hub.log));
      await bare.close();
      if (replay.result !== floor.result) throw new Error(`read ${replay.result} of ${floor.result} events`);
      return [
        {
          name: 'replay',
          value: replay.result / replay.seconds,
          unit: 'events/s',
          floor: floor.result / floor.seconds,
          target: least,
          better: 'higher',
          usage: replay.usage,
        },
      ];
    } finally {
      await log.stop();
    }
  },
};
