import { targetAggregate } from '@syncline/domain';
import type { Agent } from '@syncline/event-store';
import { subjects } from '@syncline/events';
import type { Aggregates } from '@syncline/kernel';
import { eventually } from '@syncline/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ApplierWorld, patienceMs } from './testing/applier-world.js';
import { configMap, configMaps, deployment, revision, typesOf } from './testing/objects.js';

type OfPlan = { readonly plan: string };
type Transition = OfPlan & { readonly to: string };

/** An agent whose process stands still where it would record a command of this type. */
const frozenAt =
  (type: string, reached: () => void) =>
  (agent: Agent): Agent => {
    const decide: Aggregates['decide'] = (aggregate, subject, command, cause) => {
      if ((command as { type: string }).type !== type)
        return agent.aggregates.decide(aggregate, subject, command, cause);
      reached();
      return new Promise(() => undefined);
    };
    return { ...agent, aggregates: { load: (...of) => agent.aggregates.load(...of), decide } };
  };

describe('an applier that is ended, and a cluster that goes away', () => {
  let world: ApplierWorld;

  beforeAll(async () => {
    world = await ApplierWorld.start('staging');
    await world.planner.register(await world.kubeconfig());
  });
  afterAll(() => world.stop());
  const start = async (through?: (agent: Agent) => Agent) => {
    const before = (await world.linkEvents()).filter(({ type }) => type === 'ClusterConnected').length;
    await world.startApplier(through);
    await world.untilLink('ClusterConnected', before + 1);
  };
  beforeEach(() => start());
  afterEach(() => world.stopApplier());

  const current = (application: string, plan: string) =>
    world.untilTarget<Transition>(
      application,
      'HealthTransitioned',
      (data) => data.to === 'Current' && data.plan === plan,
    );
  const targetTypes = async (application: string) => typesOf(await world.targetEvents(application));
  const wantedOf = (application: string, digit: string) => ({
    application,
    revision: revision(digit),
    objects: [configMap('settings', digit)],
    mode: 'approval' as const,
  });

  test('a plan that was approved while the applier was away is applied when it is back', async () => {
    const wanted = wantedOf('patient', '1');
    const { plan } = await world.planner.plan(wanted);
    await world.stopApplier();
    await world.planner.approve(wanted, plan);
    await start();
    await current('patient', plan);
  });

  test('a plan that was superseded between its approval and its apply is not applied', async () => {
    const wanted = wantedOf('overtaken', '2');
    const { plan } = await world.planner.plan(wanted);
    await world.stopApplier();
    await world.planner.approve(wanted, plan);
    await world.planner.request({ ...wanted, revision: revision('3') });
    await start();
    const newer = await world.planner.plan({ ...wantedOf('overtaken', '4'), mode: 'automatic' });
    await current('overtaken', newer.plan);
    const started = (await world.targetEvents('overtaken')).filter(({ type }) => type === 'ApplyStarted');
    expect(started.map(({ data }) => (data as OfPlan).plan)).toEqual([newer.plan]);
  });

  test('killed after ApplyStarted, the next start closes the attempt and carries the plan out', async () => {
    const wanted = wantedOf('killed', '5');
    const { plan } = await world.planner.plan(wanted);
    await world.stopApplier();
    await world.planner.approve(wanted, plan);
    const dying = await world.log.agent();
    const names = { attempt: 'the-one-that-died', plan, revision: wanted.revision };
    await dying.aggregates.decide(
      targetAggregate,
      subjects.target('staging', 'default', 'killed'),
      { type: 'begin', data: { ...names, fence: 1, operations: {} } },
      { actor: 'service:applier', correlationId: 'change-5555555' },
    );
    await dying.close();
    await start();
    await current('killed', plan);
    expect((await targetTypes('killed')).slice(0, 5)).toEqual([
      'ApplyStarted',
      'ApplyErrored',
      'ApplyStarted',
      'ObjectsApplied',
      'ApplySucceeded',
    ]);
  });

  test('killed after it wrote to the cluster, the next start repeats nothing harmful', async () => {
    const wanted = { ...wantedOf('half-done', '6'), objects: configMaps(20, 'a') };
    const { plan } = await world.planner.plan(wanted);
    await world.stopApplier();
    let isWritten = false;
    await start(frozenAt('succeed', () => (isWritten = true)));
    await world.planner.approve(wanted, plan);
    await eventually(() => isWritten, patienceMs, 'the objects are written');
    await world.dropApplier();
    await start();
    await current('half-done', plan);
    const events = await world.targetEvents('half-done');
    // The namespace that was made for them is the twenty-first.
    const applied = events.findLast(({ type }) => type === 'ObjectsApplied');
    expect(applied?.data).toMatchObject({ outcomes: { unchanged: 21 } });
  });

  test('killed while a newer plan came, the next start closes the attempt and applies only the newer', async () => {
    const wanted = { ...wantedOf('left-open', '7'), objects: configMaps(20, 'a') };
    const { plan } = await world.planner.plan(wanted);
    await world.stopApplier();
    let isWritten = false;
    await start(frozenAt('succeed', () => (isWritten = true)));
    await world.planner.approve(wanted, plan);
    await eventually(() => isWritten, patienceMs, 'the objects are written');
    await world.dropApplier();
    await world.planner.request({ ...wanted, revision: revision('8') });
    await start();
    await world.untilTarget<OfPlan>('left-open', 'ApplyAborted', (data) => data.plan === plan);
    const started = (await targetTypes('left-open')).filter((type) => type === 'ApplyStarted');
    expect(started).toHaveLength(1);
  });

  test('killed over a plan that a newer one takes the place of, what it made is deleted where the newer does not want it', async () => {
    const wanted = { ...wantedOf('forgotten', 'a'), objects: configMaps(5, 'a') };
    const { plan } = await world.planner.plan(wanted);
    await world.stopApplier();
    let isWritten = false;
    await start(frozenAt('succeed', () => (isWritten = true)));
    await world.planner.approve(wanted, plan);
    await eventually(() => isWritten, patienceMs, 'the objects are written');
    await world.dropApplier();
    await start();
    const newer = await world.planner.plan({ ...wantedOf('forgotten', 'b'), mode: 'automatic' });
    await current('forgotten', newer.plan);
    const events = await world.targetEvents('forgotten');
    const pruned = events.findLast(({ type }) => type === 'ObjectsPruned');
    expect(pruned?.data).toMatchObject({ outcomes: { deleted: 5 } });
  });

  test('stopped in the middle of an apply, it ends at a safe point and goes on at the next start', async () => {
    const objects = configMaps(120, 'a');
    const { plan } = await world.planner.plan({ application: 'paused', revision: revision('9'), objects });
    await eventually(() => (world.progress.get('paused') ?? 0) > 10, patienceMs, 'some objects');
    const began = Date.now();
    await world.stopApplier();
    expect(Date.now() - began).toBeLessThan(5_000);
    expect((await targetTypes('paused')).at(-1)).toBe('ApplyErrored');
    await start();
    await current('paused', plan);
  });

  test('a healthy target is not said again by an applier that starts', async () => {
    const objects = [deployment('web', 'nginx:1')];
    const { plan } = await world.planner.plan({ application: 'steady', revision: revision('a'), objects });
    await current('steady', plan);
    const before = await targetTypes('steady');
    await world.stopApplier();
    await start();
    const other = await world.planner.plan({ ...wantedOf('witness', 'b'), mode: 'automatic' });
    await current('witness', other.plan);
    expect(await targetTypes('steady')).toEqual(before);
  });

  test('a cluster that stops during an apply: the apply is errored, and succeeds when the cluster is back', async () => {
    const objects = configMaps(200, 'a');
    const { plan } = await world.planner.plan({ application: 'torn', revision: revision('c'), objects });
    await eventually(() => (world.progress.get('torn') ?? 0) > 10, patienceMs, 'some objects');
    const lost = (await world.linkEvents()).filter(({ type }) => type === 'ClusterLost').length;
    await world.local.stopApiServer();
    await world.untilTarget<OfPlan>('torn', 'ApplyErrored', (data) => data.plan === plan);
    await world.untilLink('ClusterLost', lost + 1);
    const attempts = (await targetTypes('torn')).filter((type) => type === 'ApplyStarted').length;
    expect(attempts).toBeLessThan(5);
    await world.local.startApiServer();
    await current('torn', plan);
    expect((await targetTypes('torn')).filter((type) => type === 'ApplySucceeded')).toHaveLength(1);
  });

  test('a log that stops during an apply: what was done is recorded when the log is back', async () => {
    const objects = configMaps(120, 'a');
    const { plan } = await world.planner.plan({ application: 'mute', revision: revision('d'), objects });
    await eventually(() => (world.progress.get('mute') ?? 0) > 10, patienceMs, 'some objects');
    await world.log.kill();
    await world.log.start();
    await current('mute', plan);
  });
});
