import { subjects, type PlanEvent } from '@syncline/events';
import { MemoryWorld } from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';
import { eventually } from '@syncline/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { EndingAggregates } from '../testing/ending-log.js';
import { application, configMap } from '../testing/files.js';
import { memoryGround, PlannerWorld } from '../testing/planner-world.js';

type Drafted = StoredEvent<Extract<PlanEvent, { type: 'PlanDrafted' }>>;

const cluster = 'prod-eu';
const names = ['cart', 'web'] as const;
const planOf = (name: string) => subjects.plan(cluster, 'default', name);
const restored = subjects.restore('r1');
const whole = ['RestoreRequested', 'RestoreStepOpened', 'RestoreStepOpened', 'RestoreCompleted'];

let world: PlannerWorld;

const push = (size: string) =>
  world.push(`size ${size}`, {
    ...Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, application(name, name)])),
    ...Object.fromEntries(names.map((name) => [`${name}/web.yaml`, configMap(name, { size })])),
  });
const applied = async (rollouts: number): Promise<void> => {
  for (const name of names)
    await world.reaches(subjects.application('default', name), 'RolloutCompleted', rollouts);
};
const live = () =>
  names.map((name) => (world.applier.objects(cluster, name)[0]?.data as { size: string } | undefined)?.size);
const drafted = async (name: string, at: number): Promise<Drafted> =>
  (await world.events(planOf(name))).filter((one): one is Drafted => one.type === 'PlanDrafted')[at]!;
/** What both applications ran first. */
const command = async () => ({
  ...{ restore: 'r1', asOf: '2026-05-04T14:31:00Z', by: 'person:p1', reason: 'orders fail' },
  targets: await Promise.all(
    [...names].reverse().map(async (name) => {
      const { data, position } = await drafted(name, 0);
      const of = { project: 'default', application: name, cluster };
      return { ...of, plan: data.plan, revision: data.revision, drafted: position.sequence };
    }),
  ),
});

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(new MemoryWorld()), [cluster]);
  await world.joins(cluster, { tier: 'production' });
  await world.registers(['apps']);
  await world.start();
  await push('1');
  await applied(1);
  await push('2');
  await applied(2);
});
afterEach(() => world.close());

it('lets applications run what they ran, one after the other by name, as one change', async () => {
  await world.command('restore', await command());
  await world.settles(restored, ...whole);
  expect(live()).toEqual(['1', '1']);
  const [requested, first, second] = await world.events(restored);
  expect(requested).toMatchObject({ actor: 'person:p1;auth=token', data: { reason: 'orders fail' } });
  expect([first?.data, second?.data]).toMatchObject([{ name: 'default/cart' }, { name: 'default/web' }]);
  const replays = await Promise.all(
    names.map(async (name) =>
      (await world.events(planOf(name))).find(({ type }) => type === 'ReplayRequested'),
    ),
  );
  expect(replays.map((one) => one?.correlationId)).toEqual(['restore-r1', 'restore-r1']);
  expect(replays.map((one) => one?.causationSubject)).toEqual([restored, restored]);
  expect(second!.position.sequence).toBeGreaterThan(replays[0]!.position.sequence);
  expect(replays[1]!.position.sequence).toBeGreaterThan(second!.position.sequence);
  await world.command('restore', await command());
  expect(await world.types(restored)).toEqual(whole);
});

it.each([1, 2, 3, 4, 5, 6])(
  'is carried out to its end though the planner is killed after append %i',
  async (after) => {
    const asked = await command();
    await world.stop();
    const ending: EndingAggregates[] = [];
    await world.start((hub) => {
      const aggregates = new EndingAggregates(hub.aggregates, after);
      ending.push(aggregates);
      return { aggregates, blobs: hub.blobs };
    });
    await world.command('restore', asked).catch(() => undefined);
    await eventually(() => ending[0]?.hasEnded, 10_000, 'the planner was killed');
    await world.stop();
    await world.start();
    await world.command('restore', asked);
    await world.settles(restored, ...whole);
    expect(live()).toEqual(['1', '1']);
  },
);

it('halts where a target cannot become what it was, and goes on when it has', async () => {
  world.applier.refuses = 'cart';
  await world.command('restore', await command());
  const halted = await world.reaches(restored, 'RestoreHalted');
  expect(halted.data).toMatchObject({ step: 0, target: 'default/cart on prod-eu' });
  expect(live()).toEqual(['2', '2']);
  world.applier.refuses = undefined;
  await world.command('retry', { project: 'default', application: 'cart' });
  await world.reaches(restored, 'RestoreCompleted');
  expect(live()).toEqual(['1', '1']);
});

it('halts with the reason where a target is refused', async () => {
  await world.command('pause', { project: 'default', application: 'web', by: 'person:p1', reason: 'wait' });
  await world.command('restore', await command());
  const halted = await world.reaches(restored, 'RestoreHalted');
  expect(halted.data).toMatchObject({
    step: 1,
    reason: expect.stringContaining('is paused since') as string,
  });
  expect(live()).toEqual(['1', '2']);
});

it('passes over what runs already what it ran', async () => {
  const { targets, ...rest } = await command();
  const { data, position } = await drafted('cart', 1);
  const [web] = targets;
  const own = { ...targets[1]!, plan: data.plan, revision: data.revision, drafted: position.sequence };
  await world.command('restore', { ...rest, targets: [own, web] });
  await world.settles(restored, ...whole);
  expect(live()).toEqual(['2', '1']);
  expect(await world.types(planOf('cart'))).not.toContain('ReplayRequested');
});
