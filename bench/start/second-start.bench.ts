import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startCluster, type RunningCluster } from '@syncline/toolchain';

import type { Benchmark, Figure } from '../benchmark.ts';
import { percentile } from '../percentile.ts';
import { Product } from '../product.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const names = ['dev', 'staging', 'prod'] as const;
const targets = 15;
const mostSeconds = 10;
const times = 3;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

/** The floor: the same number of bare clusters from the data that they left, all at once, until they answer. */
const bareStart = async (dir: string): Promise<number> => {
  const start = (): Promise<readonly RunningCluster[]> =>
    Promise.all(names.map((name) => startCluster({ name, dir: join(dir, name) })));
  const stop = async (clusters: readonly RunningCluster[]): Promise<void> => {
    await Promise.all(clusters.map((one) => one.stop()));
  };
  await stop(await start());
  let clusters: readonly RunningCluster[] = [];
  const seconds = await timed(async () => (clusters = await start()));
  await stop(clusters);
  return seconds;
};

/** `npm start` until every target of the example fleet is in sync and healthy again, on an installation that has all of it. */
const secondStart = async (state: string): Promise<number> => {
  const product = new Product(state);
  const start = async (): Promise<void> => {
    const args = ['start', '--', '--detach', '--clusters', 'real', '--state', state];
    await run('npm', args, { cwd: root, timeout: 300_000 });
    await product.untilHealthy(targets);
  };
  try {
    await start();
    const all: number[] = [];
    for (let time = 0; time < times; time += 1) {
      await product.cli('down');
      all.push(await timed(start));
    }
    return percentile(all, 0.5);
  } finally {
    await product.cli('down');
  }
};

/** What a second start takes, with all state kept. */
export const benchmark: Benchmark = {
  name: 'second-start',
  about: 'npm start again on three real clusters, until all fifteen targets are healthy',
  atMostMinutes: 6,
  run: async ({ dir, say }): Promise<readonly Figure[]> => {
    say('starting three bare clusters, twice');
    const floor = await bareStart(join(dir, 'bare'));
    say(`starting the example fleet, and again ${times} times`);
    const value = await secondStart(join(dir, 'state'));
    const common = { unit: 's', better: 'lower', usage: [] } as const;
    return [{ name: 'second start', value, floor, target: mostSeconds, ...common }];
  },
};
