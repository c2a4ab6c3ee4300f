import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ApplierWorld, patienceMs } from './testing/applier-world.js';
import { configMap, deployment, revision } from './testing/objects.js';
import { SimulatedCluster } from './testing/simulated-cluster.js';

const deployments = 'deployments.apps';

describe('an applier that starts again', () => {
  let world: ApplierWorld<SimulatedCluster>;

  beforeAll(async () => {
    world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
    await world.startApplier();
    await world.planner.register(await world.kubeconfig());
    await world.untilLink('ClusterConnected');
    const objects = [deployment('web', 'nginx:1'), configMap('settings', 'a')];
    await world.planner.plan({ application: 'checkout', revision: revision('1'), objects });
    await world.untilTarget('checkout', 'HealthTransitioned', ({ to }) => to === 'Current');
  });
  afterAll(async () => {
    await world.local.order();
    await world.stop();
  });

  /** The types of what was recorded of the cluster and of its target since a sequence, in the log's order. */
  const since = async (sequence: number): Promise<readonly string[]> =>
    (await world.events('ev.cluster.staging.>'))
      .filter(({ position }) => position.sequence > sequence)
      .filter(({ type }) => ['ClusterConnected', 'ClusterLost', 'HealthTransitioned', 'DriftDetected'].includes(type))
      .map(({ type }) => type); // prettier-ignore
  const restart = async (meanwhile: () => Promise<void>): Promise<number> => {
    await world.stopApplier();
    await meanwhile();
    const sequence = await world.lastSequence();
    await world.startApplier();
    return sequence;
  };
  const untilReady = () =>
    eventually(async () => (await world.missing()).length === 0, patienceMs, 'readiness');

  test('says that a cluster is there after what has become of its targets, and is ready then', async () => {
    const from = await restart(async () => {
      await world.local.setImage('checkout', 'web', 'nginx:does-not-exist');
      await world.local.order({ verb: 'list', resource: deployments, latencyMs: 700 });
    });
    await eventually(async () => (await world.missing())[0] === 'cluster staging has not been looked at since the start', patienceMs, 'what is missing');
    await untilReady();
    const types = await since(from);
    expect(types.toSorted()).toEqual(['ClusterConnected', 'DriftDetected', 'HealthTransitioned']);
    expect(types.at(-1)).toBe('ClusterConnected');
  }); // prettier-ignore

  test('is ready when it has said that a cluster is lost, and says how its targets are before it is there again', async () => {
    const from = await restart(async () => {
      await world.local.setImage('checkout', 'web', 'nginx:1');
      await world.local.order({ path: '/readyz', answer: 500 }, { verb: 'list', answer: 'cut' });
    });
    await untilReady();
    expect(await since(from)).toEqual(['ClusterLost']);
    await world.local.order({ verb: 'list', resource: deployments, latencyMs: 700 });
    await eventually(async () => (await since(from)).includes('ClusterConnected'), patienceMs, 'its return');
    expect(await since(from)).toEqual(['ClusterLost', 'HealthTransitioned', 'ClusterConnected']);
  });

  test('says that a cluster is there in seconds where a kind of its targets cannot be seen', async () => {
    const from = await restart(() =>
      world.local.order({ verb: 'list', resource: deployments, answer: 'hang' }),
    );
    const began = performance.now();
    await untilReady();
    expect(performance.now() - began).toBeGreaterThan(4_000);
    expect(await since(from)).toEqual(['ClusterConnected']);
  });
});
