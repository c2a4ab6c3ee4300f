import { setTimeout as delay } from 'node:timers/promises';

import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { ApplierWorld, patienceMs } from './testing/applier-world.js';
import { configMaps, revision } from './testing/objects.js';
import { SimulatedCluster } from './testing/simulated-cluster.js';

let world: ApplierWorld<SimulatedCluster>;
beforeAll(async () => {
  world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
  await world.planner.register(await world.kubeconfig());
  await world.startApplier();
  await world.untilLink('ClusterConnected', 1);
});
afterAll(() => world.stop());

test('an applier that hears that the log is damaged ends its apply, writes nothing more, and says so', async () => {
  const objects = configMaps(1_500, 'a');
  await world.planner.plan({ application: 'torn', revision: revision('1'), objects });
  await eventually(() => (world.progress.get('torn') ?? 0) > 10, patienceMs, 'some objects');
  expect(await world.missing()).toEqual([]);
  world.stopEverybody('message 3 is another than it was');
  const said = await eventually(
    async () => (await world.missing()).find((sentence) => sentence.includes('message 3')),
    patienceMs,
    'the applier says so',
  );
  expect(said).toContain('stopped everyone');
  await delay(2_000);
  const [sequence, done] = [await world.lastSequence(), world.progress.get('torn') ?? 0];
  await delay(2_000);
  expect([await world.lastSequence(), world.progress.get('torn')]).toEqual([sequence, done]);
  expect(done).toBeLessThan(1_500);
  const types = (await world.targetEvents('torn')).map(({ type }) => type);
  expect(types).toEqual(['ApplyStarted']);
});
