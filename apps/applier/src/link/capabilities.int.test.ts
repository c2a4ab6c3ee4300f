import type { Manifest } from '@syncline/events';
import type { Fault } from '@syncline/sandbox-cluster';
import { FaultProxy, type SeenRequest } from '@syncline/testkit';
import { afterEach, describe, expect, test } from 'vitest';

import { ApplierWorld } from '../testing/applier-world.js';
import { configMap, definition, revision } from '../testing/objects.js';
import { SimulatedCluster } from '../testing/simulated-cluster.js';

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';
const noList: Fault = { verb: 'list', resource: definitions, answer: 403 };

/** One of the three questions of a look at what is served. */
const isOfLook = ({ path }: SeenRequest): boolean => path === '/apis';

describe('what a cluster serves', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  /** An applier whose way to its cluster is counted, once it has said what the cluster serves. */
  const observing = async (...faults: readonly Fault[]) => {
    const world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
    const { proxy, kubeconfig } = await FaultProxy.start(await world.kubeconfig());
    ends.push(() => proxy.stop(), () => world.stop());
    proxy.order(...faults);
    await world.startApplier();
    await world.planner.register(kubeconfig);
    await world.untilLink('CapabilitiesObserved');
    const deploy = async (application: string, ...objects: readonly Manifest[]) => {
      await world.planner.plan({ application, revision: revision('1'), objects });
      await world.untilTarget(application, 'ApplySucceeded');
    };
    return { world, looks: () => proxy.requests.filter(isOfLook).length, requests: proxy.requests, deploy };
  }; // prettier-ignore

  test('is looked at once its watch stands, and again when somebody else brings a kind, not for an apply', async () => {
    const { world, looks, requests, deploy } = await observing();
    const watched = requests.findIndex(({ verb, resource }) => verb === 'list' && resource === definitions);
    expect(watched).toBeGreaterThanOrEqual(0);
    expect(watched).toBeLessThan(requests.findIndex(isOfLook));
    await deploy('checkout', configMap('settings', 'a'));
    expect(looks()).toBe(1);
    await world.local.define(definition('operator.example'));
    await world.untilLink('CapabilitiesObserved', 2);
    expect(looks()).toBe(2);
  });

  test('is looked at after an apply that changes it, where definitions may not be listed', async () => {
    const { world, looks, deploy } = await observing(noList);
    await deploy('operator', definition('operator.example'));
    await world.untilLink('CapabilitiesObserved', 2);
    expect(looks()).toBeGreaterThan(1);
  });
});
