import { setTimeout as delay } from 'node:timers/promises';

import { eventually, settableClock, type SettableClock } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ApplierWorld, patienceMs } from './testing/applier-world.js';
import { configMap, configMaps, revision, typesOf } from './testing/objects.js';
import { SimulatedCluster } from './testing/simulated-cluster.js';

type Transition = { readonly plan: string; readonly to: string };
const hourMs = 3_600_000;

/** The hub, the applier and the cluster of this test go by one clock, which is set while they work. */
describe('an applier whose clock is set while it works', () => {
  let world: ApplierWorld<SimulatedCluster>;
  let clock: SettableClock;

  beforeAll(async () => {
    clock = settableClock();
    world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
    await world.startApplier();
    await world.planner.register(await world.kubeconfig());
    await world.untilLink('ClusterConnected');
  });
  afterAll(async () => {
    await world.stop();
    clock.restore();
  });

  const current = (application: string, plan: string) =>
    world.untilTarget<Transition>(
      application,
      'HealthTransitioned',
      (data) => data.to === 'Current' && data.plan === plan,
    );

  test.each([
    ['an hour ahead', hourMs, '1'],
    ['an hour back', -hourMs, '2'],
  ])(
    '%s: an apply goes on, its target is healthy in its time, and all of it is said once',
    async (_, by, digit) => {
      const application = `set-${digit}`;
      const objects = configMaps(120, 'a');
      const { plan } = await world.planner.plan({
        ...{ application, revision: revision(digit), objects },
        healthTimeoutSeconds: 30,
      });
      await eventually(() => (world.progress.get(application) ?? 0) > 10, patienceMs, 'some objects');
      clock.set(by);
      await current(application, plan);
      await delay(300);
      const events = await world.targetEvents(application);
      const said = ['ApplyStarted', 'ObjectsApplied', 'ApplySucceeded', 'HealthTransitioned'];
      expect(typesOf(events)).toEqual(said);
      clock.set(0);
    },
  );

  test('a dry run that is under way when the clock is set is answered, and what comes is applied', async () => {
    const wanted = { application: 'dry', revision: revision('3'), objects: configMaps(60, 'a') };
    const manifests = await world.planner.store(wanted);
    const asked = world.planner.diff(wanted, manifests);
    clock.set(hourMs);
    expect((await asked).operations.length).toBeGreaterThan(60);
    const { plan } = await world.planner.plan({ ...wanted, objects: [configMap('settings', 'b')] });
    await current('dry', plan);
    clock.set(0);
  });

  test('drift is seen and told gone while the clock goes back and forth', async () => {
    const application = 'drifting';
    const objects = [configMap('settings', 'a')];
    const { plan } = await world.planner.plan({ application, revision: revision('4'), objects });
    await current(application, plan);
    clock.set(hourMs);
    await world.local.edit(application, 'settings', { value: 'b' });
    await world.untilTarget(application, 'DriftDetected');
    clock.set(-hourMs);
    await world.local.edit(application, 'settings', { value: 'a' });
    const { data } = await world.untilTarget<{ lifetimeSeconds: number }>(application, 'DriftHealed');
    expect(data.lifetimeSeconds).toBe(0);
    clock.set(0);
  });
});
