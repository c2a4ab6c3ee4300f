import { setTimeout as delay } from 'node:timers/promises';

import pLimit from 'p-limit';

import type { Benchmark, Figure } from '../benchmark.ts';
import { configMap, manifest, namespace, roundLabel } from '../delivery/fleet.ts';
import { inFloor } from '../delivery/ten-objects.ts';
import type { WorkTree } from '../delivery/work-tree.ts';
import { percentile } from '../percentile.ts';
import { measured } from '../usage.ts';
import { withProduct, type Parts } from './placed-product.ts';

const clusters = 100;
const rounds = 10;
const names = ['edge-a', 'edge-b', 'edge-c'] as const;
const kinds = [{ apiVersion: 'v1', kind: 'ConfigMap' }] as const;
const mostMs = { p50: 1_000, p99: 2_500 };

const write = async (tree: WorkTree, round: number): Promise<void> => {
  for (const name of names) await tree.write(`apps/edge/${name}.json`, manifest([configMap(name, round)]));
  await tree.commit(`Round ${round}`);
};

/** One push; the milliseconds from its acknowledgement until all objects are there, for each cluster. */
const deliver = async ({ fleet, tree, product }: Parts, round: number): Promise<readonly number[]> => {
  await write(tree, round);
  const watched = await Promise.all(
    fleet.clusters.map(({ kube }) => kube.watch(kinds, namespace, `${roundLabel}=${round}`, names.length)),
  );
  const pushed = await tree.push();
  await product.refresh();
  const reached = await Promise.all(watched.map((one) => one.reached));
  return reached.map((at) => at - pushed);
};

/** The floor: dry run and apply of the same objects, the clusters eight at once. */
const bareRound = async ({ fleet }: Parts, round: number): Promise<readonly number[]> => {
  const began = performance.now();
  const limit = pLimit(8);
  return Promise.all(
    fleet.clusters.map(({ kube }) =>
      limit(async () => {
        await kube.apply(names.map((name) => inFloor(configMap(name, round))));
        return performance.now() - began;
      }),
    ),
  );
};

const figuresOf = async (parts: Parts): Promise<readonly Figure[]> => {
  const [own, floor]: [number[], number[]] = [[], []];
  const sandboxes = parts.fleet.processes.map(({ pid }, at) => [`sandbox ${at + 1}`, pid] as const);
  const pids = { ...parts.product.pids, ...Object.fromEntries(sandboxes) };
  const { usage } = await measured(pids, async () => {
    for (let round = 1; round <= rounds; round += 1) {
      own.push(...(await deliver(parts, round)));
      // What follows an apply (health, views) is not to run beside the floor.
      await delay(1_000);
      floor.push(...(await bareRound(parts, round)));
    }
  });
  const figure = (name: 'p50' | 'p99', fraction: number): Figure => ({
    name: `push to applied, ${clusters} clusters × ${names.length} objects, ${name}`,
    value: percentile(own, fraction),
    unit: 'ms',
    floor: percentile(floor, fraction),
    target: mostMs[name],
    better: 'lower',
    usage,
  });
  return [figure('p50', 0.5), figure('p99', 0.99)];
};

/** What one push takes to a hundred clusters. */
export const benchmark: Benchmark = {
  name: 'fan-out',
  about: 'one push to a hundred simulated clusters that answer after 5 ms',
  atMostMinutes: 8,
  run: async ({ dir, say }) => {
    say(`starting ${clusters} simulated clusters in two processes, and the product`);
    const placement = { dir, clusters, application: 'edge', write: (tree: WorkTree) => write(tree, 0) };
    return withProduct(placement, (parts) => {
      say('pushing, again and again');
      return figuresOf(parts);
    });
  },
};
