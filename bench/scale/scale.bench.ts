import { setTimeout as delay } from 'node:timers/promises';

import pLimit from 'p-limit';

import type { Benchmark, Figure } from '../benchmark.ts';
import { configMap, declaration, manifest, namespace, roundLabel } from '../delivery/fleet.ts';
import { inFloor } from '../delivery/ten-objects.ts';
import type { WorkTree } from '../delivery/work-tree.ts';
import { withProduct, type Parts } from '../fan-out/placed-product.ts';
import { heldBytes } from '../heap.ts';
import { percentile } from '../percentile.ts';
import { measured } from '../usage.ts';
import { watchingLag } from './projector-lag.ts';

const clusters = 1_000;
const [first, ...others] = Array.from({ length: 10 }, (_, at) => `edge-${at}`);
const targets = clusters * (1 + others.length);
const kinds = [{ apiVersion: 'v1', kind: 'ConfigMap' }] as const;
const mostLagSeconds = 1;
const mostBytesPerTarget = 10_000;
const settleMs = 20_000;

const write = (tree: WorkTree, application: string, round: number): Promise<void> =>
  tree.write(`apps/${application}/all.json`, manifest([configMap(application, round)]));

/** Pushes what is written; the milliseconds from the acknowledgement until every cluster has its objects of the round. */
const deliver = async (
  { fleet, tree, product }: Parts,
  round: number,
  objects: number,
): Promise<readonly number[]> => {
  await tree.commit(`Round ${round}`);
  const limit = pLimit(16);
  const watched = await Promise.all(
    fleet.clusters.map(({ kube }) =>
      limit(() => kube.watch(kinds, namespace, `${roundLabel}=${round}`, objects)),
    ),
  );
  const pushed = await tree.push();
  await product.refresh();
  const reached = await Promise.all(watched.map((one) => one.reached));
  return reached.map((at) => at - pushed);
};

/** The floor: dry run and apply of the same objects, eight clusters at once; the milliseconds until each cluster had them. */
const bareRound = async (
  { fleet }: Parts,
  applications: readonly string[],
  round: number,
): Promise<readonly number[]> => {
  const began = performance.now();
  const limit = pLimit(8);
  return Promise.all(
    fleet.clusters.map(({ kube }) =>
      limit(async () => {
        await kube.apply(applications.map((name) => inFloor(configMap(name, round))));
        return performance.now() - began;
      }),
    ),
  );
};

const lastOf = (times: readonly number[]): number => Math.max(...times) / 1000;

/** One object of one application changed by one push, on a thousand clusters. */
const oneApplication = async (parts: Parts): Promise<readonly Figure[]> => {
  const floor = await bareRound(parts, [first ?? ''], 1);
  await write(parts.tree, first ?? '', 1);
  const { result, usage } = await measured(parts.product.pids, () => deliver(parts, 1, 1));
  const common = { unit: 's', target: undefined, better: 'lower', usage } as const;
  const name = `push to applied, ${clusters} clusters × 1 application`;
  return [
    {
      name: `${name}, p50`,
      value: percentile(result, 0.5) / 1000,
      floor: percentile(floor, 0.5) / 1000,
      ...common,
    },
    { name: `${name}, last`, value: lastOf(result), floor: lastOf(floor), ...common },
  ];
};

/** Nine more applications on each by one push: ten thousand targets. What the applier keeps of each, and how far the views are behind. */
const tenThousand = async (parts: Parts): Promise<readonly Figure[]> => {
  const { product, tree } = parts;
  const applier = product.pids.applier ?? 0;
  await delay(settleMs);
  const before = await heldBytes(applier);
  const floor = await bareRound(parts, others, 2);
  for (const name of others) {
    await tree.write(`applications/${name}.yaml`, declaration(name));
    await write(tree, name, 2);
  }
  const { result, usage } = await measured(product.pids, () =>
    watchingLag(product, async () => {
      const times = await deliver(parts, 2, others.length);
      await product.untilHealthy(targets, 600_000);
      return times;
    }),
  );
  await delay(settleMs);
  const kept = ((await heldBytes(applier)) - before) / (targets - clusters);
  const common = { better: 'lower', usage } as const;
  return [
    {
      ...{ name: `${targets - clusters} targets created, last applied`, value: lastOf(result.result) },
      ...{ unit: 's', floor: lastOf(floor), target: undefined, ...common },
    },
    {
      ...{ name: `${targets} targets: memory in the applier`, value: kept, unit: 'bytes/target', floor: 0 },
      ...{ target: mostBytesPerTarget, ...common },
    },
    {
      ...{ name: `${targets} targets: views behind the log, p99`, value: percentile(result.lags, 0.99) },
      ...{ unit: 's', floor: 0, target: mostLagSeconds, ...common },
    },
  ];
};

/** What a thousand clusters and ten thousand targets take. */
export const benchmark: Benchmark = {
  name: 'scale',
  about: 'a thousand simulated clusters that answer after 5 ms, and ten thousand targets on them',
  atMostMinutes: 40,
  run: async ({ dir, say }) => {
    say(`starting ${clusters} simulated clusters in two processes, and the product`);
    const writeFirst = async (tree: WorkTree): Promise<void> => {
      await write(tree, first ?? '', 0);
      await tree.commit('One application');
    };
    return withProduct({ dir, clusters, application: first ?? '', write: writeFirst }, async (parts) => {
      say('one application changed on all of them');
      const one = await oneApplication(parts);
      say(`${targets} targets`);
      return [...one, ...(await tenThousand(parts))];
    });
  },
};
