import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { subjects, type FleetEvent } from '@syncline/events';
import type { Aggregate, Aggregates } from '@syncline/kernel';

import type { Benchmark } from '../benchmark.ts';
import { percentile } from '../percentile.ts';
import { measured } from '../usage.ts';
import { startLogServer } from './log-server.ts';

const warmUps = 50;
const decisions = 1_000;
const writers = 16;
const most = 3;

/** Decides one event per command, as most commands do. */
const relabelling: Aggregate<number, string, FleetEvent> = {
  name: 'bench',
  version: 1,
  decider: {
    initial: 0,
    decide: (_, text) => [{ type: 'ClusterRelabelled', data: { cluster: 'bench', labels: { text } } }],
    evolve: (count) => count + 1,
  },
};

/** Decides one after the other on one subject; gives what each took, in milliseconds. */
const write = async (aggregates: Aggregates, subject: string, times: number): Promise<readonly number[]> => {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const began = performance.now();
    await aggregates.decide(relabelling, subject, String(at), {
      actor: 'service:api',
      correlationId: 'bench',
    });
    took.push(performance.now() - began);
  }
  return took;
};

/** The floor: the same bytes added to a file on the same disk, and synced, one after the other. */
const writeBare = async (file: string, bytes: Uint8Array, times: number): Promise<readonly number[]> => {
  const handle = await open(file, 'a');
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const began = performance.now();
    await handle.write(bytes);
    await handle.datasync();
    took.push(performance.now() - began);
  }
  await handle.close();
  return took;
};

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** What a decision costs until it is in the log for good. */
export const benchmark: Benchmark = {
  name: 'append',
  about: 'decides and appends, one writer and sixteen, beside bare synced writes',
  atMostMinutes: 5,
  run: async ({ dir, say }) => {
    const log = await startLogServer(join(dir, 'log'));
    try {
      const { aggregates, log: reading } = await log.hub('api');
      const pids = { writer: process.pid, 'nats-server': log.pid };
      const subject = subjects.fleet('one');
      await write(aggregates, subject, warmUps);
      const bytes = (await reading.read(subject))[0]?.message.bytes ?? new Uint8Array();
      const bare = join(dir, 'bare');
      await writeBare(bare, bytes, warmUps);
      say(`${decisions} bare writes of ${bytes.length} bytes, then as many decisions, twice in turn`);
      const floor = [...(await writeBare(bare, bytes, decisions / 2))];
      const one = await measured(pids, () => write(aggregates, subject, decisions));
      floor.push(...(await writeBare(bare, bytes, decisions / 2)));
      const many = await measured(pids, () =>
        Promise.all(
          Array.from({ length: writers }, (_, at) =>
            write(aggregates, subjects.fleet(`many-${at}`), decisions / 4),
          ),
        ),
      );
      const floorMs = percentile(floor, 0.5);
      const floorRate = 1000 / mean(floor);
      return [
        {
          ...{ name: 'append, p50', value: percentile(one.result, 0.5), unit: 'ms', floor: floorMs },
          ...{ target: most * floorMs, better: 'lower', usage: one.usage },
        },
        {
          ...{
            name: 'append, 16 writers',
            value: many.result.flat().length / many.seconds,
            unit: 'decisions/s',
          },
          ...{ floor: floorRate, target: floorRate / most, better: 'higher', usage: many.usage },
        },
      ];
    } finally {
      await log.stop();
    }
  },
};
