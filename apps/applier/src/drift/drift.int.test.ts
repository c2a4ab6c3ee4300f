import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ApplierWorld } from '../testing/applier-world.js';
import { configMap, revision, typesOf } from '../testing/objects.js';
import { SimulatedCluster } from '../testing/simulated-cluster.js';

type Detected = {
  readonly plan: string;
  readonly firstSeen: string;
  readonly flaps: number;
  readonly objectCount: number;
  readonly document: { readonly digest: string };
  readonly objects: readonly { readonly fields: readonly unknown[] }[];
};
type Healed = { readonly by: string; readonly manager?: string; readonly firstSeen: string };

describe('the drift of a target', () => {
  let world: ApplierWorld<SimulatedCluster>;
  let digit = 0;

  const start = async () => {
    const before = (await world.linkEvents()).filter(({ type }) => type === 'ClusterConnected').length;
    await world.startApplier();
    await world.untilLink('ClusterConnected', before + 1);
  };
  beforeAll(async () => {
    world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
    await world.planner.register(await world.kubeconfig());
    await start();
  });
  afterAll(() => world.stop());

  const deployed = async (application: string) => {
    const objects = [configMap('settings', 'a')];
    const { plan } = await world.planner.plan({
      application,
      revision: revision(String((digit += 1))),
      objects,
    });
    await world.untilTarget<{ plan: string; to: string }>(
      application,
      'HealthTransitioned',
      (data) => data.to === 'Current' && data.plan === plan,
    );
    return {
      plan,
      edit: (value: string) => world.local.edit(application, 'settings', { value }),
      drifted: (value: string) =>
        world.untilTarget<Detected>(application, 'DriftDetected', ({ objects: all }) =>
          JSON.stringify(all).includes(`"to":"${value}"`),
        ),
      healed: () => world.untilTarget<Healed>(application, 'DriftHealed'),
      said: async () =>
        typesOf(await world.targetEvents(application)).filter((type) => type.startsWith('Drift')),
    };
  };

  test('is said once with field, values and who holds it, and told gone once', async () => {
    const { plan, edit, drifted, healed, said } = await deployed('noted');
    await edit('b');
    const { data } = await drifted('b');
    const field = { path: '/data/value', change: 'changed', from: 'a', to: 'b', manager: 'kubectl-edit' };
    expect(data).toMatchObject({ plan, objectCount: 1, flaps: 0, objects: [{ fields: [field] }] });
    await edit('a');
    expect((await healed()).data).toMatchObject({
      by: 'cluster',
      manager: 'kubectl-edit',
      firstSeen: data.firstSeen,
    });
    await delay(300);
    expect(await said()).toEqual(['DriftDetected', 'DriftHealed']);
  });

  test('that another one takes the place of is said again, and is as old as the first', async () => {
    const { edit, drifted, said } = await deployed('restless');
    await edit('b');
    const first = await drifted('b');
    await edit('c');
    const second = await drifted('c');
    expect(second.data.firstSeen).toBe(first.data.firstSeen);
    expect(await said()).toEqual(['DriftDetected', 'DriftDetected']);
  });

  test('is ended by the apply of another plan, and nobody else is said to have ended it', async () => {
    const { edit, drifted, said } = await deployed('overwritten');
    await edit('b');
    await drifted('b');
    const objects = [configMap('settings', 'z')];
    await world.planner.plan({ application: 'overwritten', revision: revision('f'), objects });
    const { data } = await world.untilTarget<Healed>('overwritten', 'DriftHealed');
    expect(data).toMatchObject({ by: 'apply', manager: 'syncline' });
    await delay(300);
    expect(await said()).toEqual(['DriftDetected', 'DriftHealed']);
  });

  test('is not said again by an applier that starts anew, which says what ended meanwhile', async () => {
    const [stays, ends] = [await deployed('stays'), await deployed('ends')];
    await stays.edit('b');
    await ends.edit('b');
    await Promise.all([stays.drifted('b'), ends.drifted('b')]);
    await world.stopApplier();
    await ends.edit('a');
    await start();
    expect((await ends.healed()).data).toMatchObject({ by: 'cluster', manager: 'kubectl-edit' });
    await stays.edit('c');
    await stays.drifted('c');
    expect(await stays.said()).toEqual(['DriftDetected', 'DriftDetected']);
  });

  test('that came while the watch saw nothing is found when it lists anew', async () => {
    const { edit, drifted } = await deployed('unseen');
    await world.local.stopApiServer();
    await world.untilLink('ClusterLost', 1);
    await world.local.startApiServer();
    await edit('b');
    await world.local.expire();
    await drifted('b');
  });
});
