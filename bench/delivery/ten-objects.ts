import { setTimeout as delay } from 'node:timers/promises';

import { percentile } from '../percentile.ts';
import type { Figure } from '../benchmark.ts';
import { measured } from '../usage.ts';
import { configMap, manifest, namespace, roundLabel } from './fleet.ts';
import type { Installation } from './installation.ts';
import type { KubeObject } from './kube.ts';

const rounds = 60;
const names = Array.from({ length: 10 }, (_, at) => `ten-${at}`);
const kinds = [{ apiVersion: 'v1', kind: 'ConfigMap' }] as const;

/** Writes the ten objects of a round into the clone. */
export const writeTen = async (installation: Installation, round: number): Promise<void> => {
  await installation.declare(
    'ten',
    Object.fromEntries(names.map((name) => [`${name}.json`, manifest([configMap(name, round)])])),
  );
};

/** The floor: fetch what was pushed, dry-run and apply the same objects. */
const bareRound = async ({ kube, bare }: Installation): Promise<number> => {
  const began = performance.now();
  await bare.fetch();
  const files = await Promise.all(names.map((name) => bare.read(`apps/ten/${name}.json`)));
  const objects = files.map((text) => JSON.parse(text) as KubeObject);
  await kube.apply(objects.map((object) => inFloor(object)));
  return performance.now() - began;
};

/** The same object in the namespace of the floor. */
export const inFloor = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace: `${namespace}-floor` },
});

const deliver = async (installation: Installation, round: number): Promise<number> => {
  await writeTen(installation, round);
  await installation.tree.commit(`Round ${round}`);
  const { reached } = await installation.kube.watch(kinds, namespace, `${roundLabel}=${round}`, names.length);
  const pushed = await installation.push();
  return (await reached) - pushed;
};

/** Push acknowledged to last object applied, for ten plain objects, with a refresh hint: in turn with the floor. */
export const tenObjects = async (installation: Installation): Promise<readonly Figure[]> => {
  const [own, floor]: [number[], number[]] = [[], []];
  const { usage } = await measured(installation.pids, async () => {
    for (let round = 1; round <= rounds; round += 1) {
      own.push(await deliver(installation, round));
      // What follows an apply (health, views) is not to run beside the floor, nor the floor beside the next delivery.
      await delay(300);
      floor.push(await bareRound(installation));
    }
  });
  const common = { unit: 'ms', better: 'lower', usage } as const;
  const [p50, p99] = [percentile(floor, 0.5), percentile(floor, 0.99)];
  return [
    {
      name: 'push to applied, 10 objects, p50',
      value: percentile(own, 0.5),
      floor: p50,
      target: 3 * p50,
      ...common,
    },
    {
      name: 'push to applied, 10 objects, p99',
      value: percentile(own, 0.99),
      floor: p99,
      target: 6 * p99,
      ...common,
    },
  ];
};
