import { setTimeout as delay } from 'node:timers/promises';

import { subjects, type PlanEvent } from '@syncline/events';
import { MemoryWorld } from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';
import { eventually } from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { EndingAggregates } from '../testing/ending-log.js';
import { application, configMap, type ApplicationOptions } from '../testing/files.js';
import { memoryGround, PlannerWorld } from '../testing/planner-world.js';

type PlanDrafted = Extract<PlanEvent, { type: 'PlanDrafted' }>;

const cluster = 'prod-eu';
const name = { project: 'default', application: 'checkout' };
const checkout = subjects.application('default', 'checkout');
const planOf = subjects.plan(cluster, 'default', 'checkout');
const deployed = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
/** What docs/kubernetes.md says of a fight. */
const fiveHeals = 5;
const healing = [...deployed];
/** Long enough for a reaction to have happened. */
const stillness = () => delay(250);

describe('drift that an applier tells', () => {
  let world: PlannerWorld;

  const declare = async (options: ApplicationOptions, value = 'a') => {
    await world.push(`value ${value}`, {
      'apps/checkout.yaml': application('checkout', 'checkout', options),
      'checkout/web.yaml': configMap('web', { value }),
    });
    await world.settles(planOf, ...deployed);
    await world.reaches(checkout, 'RolloutCompleted');
  };
  const live = () =>
    world.applier.objects(cluster, 'checkout').map(({ data }) => data as Record<string, string>);

  beforeEach(async () => {
    world = await PlannerWorld.make(memoryGround(new MemoryWorld()), [cluster]);
    await world.joins(cluster, { tier: 'production' });
    await world.registers(['apps']);
    await world.start();
  });
  afterEach(() => world.close());

  it('is healed by one plan of what was applied last, approved by its rule', async () => {
    await declare({ drift: 'heal' });
    const before = await world.events(planOf);
    await world.applier.drift(planOf, 'web', 'b');
    await world.settles(planOf, ...deployed, ...healing);
    const [requested, drafted, approved] = (await world.events(planOf)).slice(deployed.length);
    const former = before.find(({ type }) => type === 'PlanDrafted') as StoredEvent<PlanDrafted>;
    expect(requested?.data).toMatchObject({ reason: 'heal' });
    expect(drafted?.data).toMatchObject({ manifests: former.data.manifests });
    expect(approved?.data).toMatchObject({ by: 'rule:heal' });
    expect(live()).toEqual([{ value: 'a' }]);
  });

  it.each([1, 2])('is healed once though the planner is killed after append %i', async (after) => {
    await declare({ drift: 'heal' });
    await world.stop();
    const ending: EndingAggregates[] = [];
    await world.start((hub) => {
      const aggregates = new EndingAggregates(hub.aggregates, after);
      ending.push(aggregates);
      return { aggregates, blobs: hub.blobs };
    });
    await world.applier.drift(planOf, 'web', 'b');
    await eventually(() => ending[0]?.hasEnded, 10_000, 'the planner was killed');
    await world.stop();
    await world.start();
    await world.settles(planOf, ...deployed, ...healing);
    await stillness();
    expect(await world.types(planOf)).toEqual([...deployed, ...healing]);
  });

  it('that is said again while it is healed asks for nothing more', async () => {
    await declare({ drift: 'heal' });
    let answer: () => void = () => undefined;
    world.applier.beforeAnswer = () => new Promise((resolve) => (answer = resolve));
    await world.applier.drift(planOf, 'web', 'b');
    await world.settles(planOf, ...deployed, 'PlanRequested');
    await world.applier.drift(planOf, 'web', 'c');
    await stillness();
    answer();
    await world.settles(planOf, ...deployed, ...healing);
    await stillness();
    expect(await world.types(planOf)).toEqual([...deployed, ...healing]);
  });

  it('is left where it is only detected', async () => {
    await declare({ drift: 'detect' });
    await world.applier.drift(planOf, 'web', 'b');
    await stillness();
    expect(await world.types(planOf)).toEqual(deployed);
    expect(live()).toEqual([{ value: 'b' }]);
  });

  it('is not healed while the application is paused, and is when it is resumed', async () => {
    await declare({ drift: 'heal' });
    await world.command('pause', { ...name, by: 'person:p1', reason: 'the database moves' });
    await world.applier.drift(planOf, 'web', 'b');
    await stillness();
    expect(await world.types(planOf)).toEqual(deployed);
    await world.stop();
    await world.start();
    await world.command('resume-application', { ...name, by: 'person:p2' });
    await world.settles(planOf, ...deployed, ...healing);
    expect((await world.events(planOf)).at(-1)?.data).toMatchObject({ by: 'rule:heal' });
    expect(live()).toEqual([{ value: 'a' }]);
  });

  it('that a pause stopped in the middle is healed after it, also where a person approves plans', async () => {
    await world.push('first', {
      'apps/checkout.yaml': application('checkout', 'checkout', { drift: 'heal', mode: 'approval' }),
      'checkout/web.yaml': configMap('web', { value: 'a' }),
    });
    const { data } = await world.reaches(planOf, 'PlanDrafted');
    const { plan } = data as { plan: string };
    await world.command('approve', { ...name, cluster, plan, decision: 'grant', by: 'person:p1' });
    await world.reaches(checkout, 'RolloutCompleted');
    let answer: () => void = () => undefined;
    world.applier.beforeAnswer = () => new Promise((resolve) => (answer = resolve));
    await world.applier.drift(planOf, 'web', 'b');
    await world.settles(planOf, ...deployed, 'PlanRequested');
    await world.command('pause', { ...name, by: 'person:p1', reason: 'the database moves' });
    await world.reaches(planOf, 'PlanHeld');
    world.applier.beforeAnswer = () => Promise.resolve();
    answer();
    await world.command('resume-application', { ...name, by: 'person:p2' });
    const approved = await world.reaches(planOf, 'PlanApproved', 2);
    expect(approved.data).toMatchObject({ by: 'rule:heal' });
    await eventually(() => live()[0]?.value === 'a', 5_000, 'it is healed');
  });

  it('of a pause that ended before it was resumed heals nothing', async () => {
    await declare({ drift: 'heal' });
    await world.command('pause', { ...name, by: 'person:p1', reason: 'the database moves' });
    await world.applier.drift(planOf, 'web', 'b');
    await world.applier.undrift(planOf, 'web', 'a');
    await world.command('resume-application', { ...name, by: 'person:p2' });
    await stillness();
    expect(await world.types(planOf)).toEqual(deployed);
  });

  it('of a pause in which a new revision came is overwritten by that revision, which is planned once', async () => {
    await declare({ drift: 'heal' });
    await world.command('pause', { ...name, by: 'person:p1', reason: 'the database moves' });
    await world.applier.drift(planOf, 'web', 'b');
    await world.push('value z', { 'checkout/web.yaml': configMap('web', { value: 'z' }) });
    await world.reaches(planOf, 'PlanHeld');
    await world.command('resume-application', { ...name, by: 'person:p2' });
    await world.reaches(planOf, 'PlanApproved', 2);
    await stillness();
    expect((await world.events(planOf)).at(-1)?.data).toMatchObject({ by: 'rule:automatic' });
    expect(live()).toEqual([{ value: 'z' }]);
  });

  it('that comes back again and again is held with who changes it, and healed once more by a retry', async () => {
    await declare({ drift: 'heal' });
    for (let round = 1; round <= fiveHeals; round += 1) {
      await world.applier.drift(planOf, 'web', `b${round}`);
      await world.reaches(planOf, 'PlanApproved', round + 1);
      await eventually(() => live()[0]?.value === 'a', 5_000, 'it is healed');
    }
    await world.applier.drift(planOf, 'web', 'again');
    const { data } = await world.reaches(planOf, 'PlanHeld');
    expect((data as { reason: string }).reason).toContain(
      'ConfigMap checkout/web /data/value by kubectl-edit',
    );
    await world.command('retry', name);
    await world.reaches(planOf, 'PlanApproved', fiveHeals + 2);
  });
});
