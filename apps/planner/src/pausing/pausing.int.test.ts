import { subjects } from '@syncline/events';
import { MemoryWorld } from '@syncline/event-store';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { application, configMap } from '../testing/files.js';
import { memoryGround, PlannerWorld } from '../testing/planner-world.js';

const clusters = ['prod-eu', 'prod-us'];
const name = { project: 'default', application: 'checkout' };
const checkout = subjects.application('default', 'checkout');
const completed = ['RolloutStarted', 'WaveOpened', 'WaveCompleted', 'RolloutCompleted'];
const planOf = (cluster: string) => subjects.plan(cluster, 'default', 'checkout');
const revisionsOf = (world: PlannerWorld) =>
  Promise.all(
    clusters.map(async (cluster) =>
      (await world.events(planOf(cluster)))
        .filter(({ type }) => type === 'PlanApproved')
        .map(({ data }) => (data as { revision: string }).revision),
    ),
  );

let world: PlannerWorld;

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(new MemoryWorld()), clusters);
  for (const cluster of clusters) await world.joins(cluster, { tier: 'production' });
  await world.registers(['apps']);
  await world.start();
});
afterEach(() => world.close());

const push = (size: string) =>
  world.push(`size ${size}`, { 'checkout/web.yaml': configMap('web', { size }) });
const deployed = () =>
  world.push('first', {
    'apps/checkout.yaml': application('checkout', 'checkout'),
    'checkout/web.yaml': configMap('web', { size: '1' }),
  });

it('a paused application takes what comes and changes nothing, and goes on from the newest', async () => {
  const first = await deployed();
  await world.settles(checkout, 'ApplicationDeclared', ...completed);
  await world.command('pause', { ...name, by: 'person:p1', reason: 'the database moves' });
  const asked = world.applier.diffs.length;
  await push('2');
  for (const cluster of clusters) await world.reaches(planOf(cluster), 'PlanHeld', 1);
  const newest = await push('3');
  for (const cluster of clusters) await world.reaches(planOf(cluster), 'PlanHeld', 2);
  expect(world.applier.diffs).toHaveLength(asked);
  await expect(world.command('retry', name)).rejects.toMatchObject({ code: 'application-paused' });
  await world.stop();
  await world.start();
  await world.command('resume-application', { ...name, by: 'person:p2' });
  for (const cluster of clusters) await world.reaches(planOf(cluster), 'PlanApproved', 2);
  expect(await revisionsOf(world)).toEqual([
    [first, newest],
    [first, newest],
  ]);
});

it('a pause stops what waits for a person, whose yes is refused by name', async () => {
  await world.push('first', {
    'apps/checkout.yaml': application('checkout', 'checkout', { mode: 'approval' }),
    'checkout/web.yaml': configMap('web', { size: '1' }),
  });
  const drafted = await world.reaches(planOf('prod-eu'), 'PlanDrafted');
  await world.command('pause', { ...name, by: 'person:p1', reason: 'wait' });
  const held = await world.reaches(planOf('prod-eu'), 'PlanHeld');
  expect(held.data).toMatchObject({ by: 'pause', reason: 'The application is paused: wait' });
  const { plan } = drafted.data as { plan: string };
  const approval = { ...name, cluster: 'prod-eu', plan, decision: 'grant', by: 'person:p1' };
  await expect(world.command('approve', approval)).rejects.toMatchObject({ code: 'application-paused' });
  expect((await world.types(planOf('prod-eu'))).at(-2)).toBe('PlanSuperseded');
});

it('an application that nobody declares cannot be paused', async () => {
  const asked = world.command('pause', { project: 'default', application: 'nothing', by: 'person:p1' });
  await expect(asked).rejects.toMatchObject({ code: 'application-unknown' });
});
