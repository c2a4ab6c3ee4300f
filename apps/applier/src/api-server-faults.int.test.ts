import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { eventually, isWholeRun } from '@syncline/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { ApplierWorld, patienceMs } from './testing/applier-world.js';
import { configMap, configMaps, revision, typesOf } from './testing/objects.js';
import { SimulatedCluster } from './testing/simulated-cluster.js';

type OfPlan = { readonly plan: string };
type Errored = OfPlan & { readonly code: string; readonly reason: string; readonly retryInSeconds: number };
type Transition = OfPlan & { readonly from?: string; readonly to: string };

describe('an applier before an API server on a bad day', () => {
  let world: ApplierWorld<SimulatedCluster>;
  let beside: SimulatedCluster;
  let digit = 0;

  beforeAll(async () => {
    world = await ApplierWorld.before('staging', (name) => SimulatedCluster.start(name));
    beside = await SimulatedCluster.start('beside');
    const both = ['staging', 'beside'];
    await world.startApplier();
    await world.planner.register(await world.kubeconfig(), both);
    await world.beside('beside').register(await readFile(beside.kubeconfigFile, 'utf8'), both);
    await world.untilLink('ClusterConnected');
    await world.untilLink('ClusterConnected', 1, 'beside');
  });
  afterEach(() => world.local.order());
  afterAll(async () => {
    await world.stop();
    await beside.stop();
  });

  const next = (): string => revision((digit += 1).toString(16));
  const typesOfTarget = async (application: string) => typesOf(await world.targetEvents(application));
  const current = (application: string, plan: string) =>
    world.untilTarget<Transition>(
      application,
      'HealthTransitioned',
      (data) => data.to === 'Current' && data.plan === plan,
    );
  /** A plan that waits for its approval, so that what goes wrong meets the apply alone. */
  const waiting = async (application: string, objects = configMaps(6, 'a')) => {
    const wanted = { application, revision: next(), objects, mode: 'approval' as const };
    const { plan } = await world.planner.plan(wanted);
    return { plan, approve: () => world.planner.approve(wanted, plan) };
  };
  const inOneGo = ['ApplyStarted', 'ObjectsApplied', 'ApplySucceeded', 'HealthTransitioned'];
  const metric = async (name: string): Promise<string | undefined> =>
    new RegExp(`^${name}\\{[^}]*cluster="staging"[^}]*\\} (\\d+)`, 'm').exec(
      await world.metrics.registry.metrics(),
    )?.[1];

  test('waits in one attempt as long as a server asks that throttles, and counts that as a wait', async () => {
    const { plan, approve } = await waiting('throttled');
    await world.local.order({ answer: 429, retryAfterSeconds: 1 });
    await approve();
    await eventually(
      async () => (await metric('syncline_cluster_throttling')) === '1',
      patienceMs,
      'the wait',
    );
    await delay(2_000);
    expect(await typesOfTarget('throttled')).toEqual(['ApplyStarted']);
    await world.local.order();
    await current('throttled', plan);
    expect(await typesOfTarget('throttled')).toEqual(inOneGo);
    expect(await metric('syncline_cluster_throttling')).toBe('0');
    expect(typesOf(await world.linkEvents())).not.toContain('ClusterLost');
  });

  test.runIf(isWholeRun)(
    'says when it tries again what a server throttles for long, and ends as it would have',
    async () => {
      const { plan, approve } = await waiting('throttled-long');
      await world.local.order({ verb: 'patch', dryRun: false, answer: 429, retryAfterSeconds: 3, times: 7 });
      await approve();
      await current('throttled-long', plan);
      const errored = (await world.targetEvents('throttled-long')).filter(
        ({ type }) => type === 'ApplyErrored',
      );
      expect(errored.length).toBeLessThanOrEqual(2);
      for (const { data } of errored) expect(data).toMatchObject({ code: 'throttled', plan });
      expect(
        (await typesOfTarget('throttled-long')).filter((type) => type === 'ApplySucceeded'),
      ).toHaveLength(1);
    },
    90_000,
  );

  test.runIf(isWholeRun)(
    'says why an apply broke off on a server that is faulty, and carries the same plan out later',
    async () => {
      const { plan, approve } = await waiting('faulty');
      await world.local.order({ verb: 'patch', dryRun: false, answer: 500 });
      await approve();
      const { data } = await world.untilTarget<Errored>('faulty', 'ApplyErrored');
      expect(data).toMatchObject({
        code: 'server-fault',
        plan,
        reason: expect.stringContaining('ordered') as string,
      });
      expect(data.retryInSeconds).toBeGreaterThan(0);
      await world.local.order();
      await current('faulty', plan);
      expect((await typesOfTarget('faulty')).filter((type) => type === 'ApplySucceeded')).toHaveLength(1);
    },
  );

  test('carries a plan out once where every answer to a write is cut', async () => {
    const { plan, approve } = await waiting('cut');
    await world.local.order({ verb: 'patch', dryRun: false, answer: 'cut-answer', times: 5 });
    await approve();
    await current('cut', plan);
    const types = await typesOfTarget('cut');
    expect(types.filter((type) => type === 'ApplySucceeded')).toHaveLength(1);
    expect(types.filter((type) => type === 'ApplyErrored').length).toBeLessThanOrEqual(2);
  });

  test('goes on with another cluster while one hangs, and ends as it would have', async () => {
    const { plan, approve } = await waiting('hung');
    await world.local.order({ verb: 'patch', answer: 'hang' });
    await approve();
    await world.untilTarget('hung', 'ApplyStarted');
    const elsewhere = world.beside('beside');
    const began = performance.now();
    const other = await elsewhere.plan({
      application: 'hung',
      revision: next(),
      objects: configMaps(6, 'a'),
    });
    const isThere = async () =>
      typesOf(await world.targetEvents('hung', 'beside')).includes('ApplySucceeded');
    await eventually(isThere, patienceMs, `the plan ${other.plan} beside`);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await typesOfTarget('hung')).toEqual(['ApplyStarted']);
    await world.local.order();
    await current('hung', plan);
    expect((await typesOfTarget('hung')).filter((type) => type === 'ApplySucceeded')).toHaveLength(1);
  });

  test('says each transition of health once, whatever breaks the watches', async () => {
    const objects = [configMap('settings', 'a')];
    const { plan } = await world.planner.plan({ application: 'watched', revision: next(), objects });
    await current('watched', plan);
    const transitions = async () =>
      (await world.targetEvents('watched'))
        .filter(({ type }) => type === 'HealthTransitioned')
        .map(({ data }) => (data as Transition).to);
    const before = await transitions();
    await world.local.order(
      { verb: 'watch', answer: 'cut-answer', times: 2 },
      { verb: 'list', answer: 500, times: 2 },
    );
    await world.local.expire();
    await world.local.cutWatches();
    await world.local.remove('watched', 'settings');
    await world.untilTarget<Transition>('watched', 'HealthTransitioned', ({ to }) => to === 'NotFound');
    await world.local.cutWatches();
    await world.local.expire();
    await world.planner.plan({ application: 'witness', revision: next(), objects });
    await world.untilTarget('witness', 'HealthTransitioned');
    expect(await transitions()).toEqual([...before, 'NotFound']);
  });

  test('says nothing of a server that restarts but that it was away, and sees what changes then', async () => {
    const objects = [configMap('settings', 'a')];
    const { plan } = await world.planner.plan({ application: 'restarted', revision: next(), objects });
    await current('restarted', plan);
    const before = await typesOfTarget('restarted');
    const lost = (await world.linkEvents()).filter(({ type }) => type === 'ClusterLost').length;
    await world.local.stopApiServer();
    await world.untilLink('ClusterLost', lost + 1);
    const connected = (await world.linkEvents()).filter(({ type }) => type === 'ClusterConnected').length;
    await world.local.startApiServer();
    await world.untilLink('ClusterConnected', connected + 1);
    await world.local.remove('restarted', 'settings');
    await world.untilTarget<Transition>('restarted', 'HealthTransitioned', ({ to }) => to === 'NotFound');
    const since = (await typesOfTarget('restarted')).slice(before.length);
    expect(since.filter((type) => type === 'HealthTransitioned')).toHaveLength(1);
  });
});
