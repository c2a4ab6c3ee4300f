import { readFile } from 'node:fs/promises';

import type { Agent } from '@syncline/event-store';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { ApplierWorld } from './testing/applier-world.js';
import { configMaps, revision } from './testing/objects.js';
import { SimulatedCluster } from './testing/simulated-cluster.js';

let world: ApplierWorld<SimulatedCluster>;
let beside: SimulatedCluster;
let goOn: () => void;
const isHeldUp = new Promise<void>((resolve) => (goOn = resolve));
let opening: () => void;
const isOpening = new Promise<void>((resolve) => (opening = resolve));

/** A log that keeps whoever reads a blob of another cluster waiting. */
const slowBeside = (agent: Agent): Agent => ({
  ...agent,
  blobs: {
    put: (...of) => agent.blobs.put(...of),
    get: async (owner, digest) => {
      if (owner === 'cluster.beside') {
        opening();
        await isHeldUp;
      }
      return agent.blobs.get(owner, digest);
    },
  },
});

beforeAll(async () => {
  world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
  beside = await SimulatedCluster.start('beside');
  const both = ['staging', 'beside'];
  await world.startApplier(slowBeside);
  await world.planner.register(await world.kubeconfig(), both);
  await world.beside('beside').register(await readFile(beside.kubeconfigFile, 'utf8'), both);
  await world.untilLink('ClusterConnected');
});
afterAll(async () => {
  goOn();
  await world.stop();
  await beside.stop();
});

test('an apply is ended and recorded although another cluster is still being opened', async () => {
  await isOpening;
  const wanted = { application: 'hanging', revision: revision('1'), objects: configMaps(6, 'a') };
  await world.local.order({ verb: 'patch', dryRun: false, answer: 'hang' });
  await world.planner.plan({ ...wanted, mode: 'automatic' });
  await world.untilTarget('hanging', 'ApplyStarted');
  const stopped = world.stopApplier();
  const { data } = await world.untilTarget('hanging', 'ApplyErrored', undefined, 4_000);
  expect(data).toMatchObject({ code: 'applier-stopped', retryInSeconds: 0 });
  goOn();
  await stopped;
});
