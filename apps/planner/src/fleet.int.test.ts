import { subjects, type TargetEvent } from '@syncline/events';
import { eventually } from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { application, configMap } from './testing/files.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const checkout = subjects.application('default', 'checkout');
const planOf = (cluster: string) => subjects.plan(cluster, 'default', 'checkout');
const completed = ['RolloutStarted', 'WaveOpened', 'WaveCompleted', 'RolloutCompleted'];
const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
const production = { tier: 'production' };

let world: PlannerWorld;

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(), ['staging', 'prod-eu', 'prod-us']);
  await world.joins('prod-eu', production);
  await world.joins('staging', { tier: 'staging' });
  await world.registers(['apps']);
  await world.start();
});
afterEach(() => world.close());

const first = (options: Parameters<typeof application>[2] = { selects: production }) =>
  world.push('first', {
    'apps/checkout.yaml': application('checkout', 'checkout', options),
    'checkout/web.yaml': configMap('web', { size: '1' }),
  });
const change = (size: string) =>
  world.push(`size ${size}`, { 'checkout/web.yaml': configMap('web', { size }) });

describe('a cluster that joins', () => {
  it('gets the revision of the applications that are placed on it, and nothing else moves', async () => {
    const revision = await first();
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    await world.joins('prod-us', production);
    await world.settles(checkout, 'ApplicationDeclared', ...completed, ...completed);
    expect(await world.types(planOf('prod-us'))).toEqual(planned);
    expect(await world.types(planOf('prod-eu'))).toEqual(planned);
    const [requested] = await world.events(planOf('prod-us'));
    expect(requested?.data).toMatchObject({ revision, reason: 'rollout' });
  });

  it('while a rollout runs leaves what is under way undisturbed', async () => {
    await first({ selects: production, mode: 'approval' });
    await world.reaches(planOf('prod-eu'), 'PlanDrafted');
    await world.joins('prod-us', production);
    await world.reaches(planOf('prod-us'), 'PlanDrafted');
    expect(await world.types(planOf('prod-eu'))).toEqual(['PlanRequested', 'PlanDrafted']);
    expect(await world.types(checkout)).toEqual([
      'ApplicationDeclared', 'RolloutStarted', 'WaveOpened', 'RolloutSuperseded', 'RolloutStarted', 'WaveOpened',
    ]); // prettier-ignore
  });
});

describe('a cluster that leaves', () => {
  it('is released, also where its labels no longer fit', async () => {
    await world.joins('prod-us', production);
    await first();
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    await world.leaves('prod-us');
    await world.reaches(planOf('prod-us'), 'TargetReleased');
    await world.relabels('prod-eu', { tier: 'staging' });
    await world.reaches(planOf('prod-eu'), 'TargetReleased');
    await world.reaches(checkout, 'RolloutCompleted', 3);
  });

  it('lets a rollout complete that waited only for it', async () => {
    await world.joins('prod-us', production);
    await world.applier.lose('prod-us');
    await first();
    await world.reaches(planOf('prod-us'), 'PlanHeld');
    await world.reaches(planOf('prod-eu'), 'PlanApproved');
    await world.leaves('prod-us');
    await world.reaches(checkout, 'RolloutCompleted');
    await world.reaches(planOf('prod-us'), 'TargetReleased');
  });
});

describe('a cluster out of reach', () => {
  it('holds its target, said once, and is planned when it connects', async () => {
    await world.applier.lose('prod-eu');
    await first();
    const held = await world.reaches(planOf('prod-eu'), 'PlanHeld');
    expect(held.data).toMatchObject({ by: 'cluster', reason: 'the applier of prod-eu does not answer' });
    await world.applier.reach('prod-eu');
    await world.connects('prod-eu');
    await world.settles(planOf('prod-eu'), 'PlanRequested', 'PlanHeld', ...planned);
    await world.reaches(checkout, 'RolloutCompleted');
  });

  it('is found again where only its applier had been away', async () => {
    await world.applier.lose('prod-eu');
    await first();
    await world.reaches(planOf('prod-eu'), 'PlanHeld');
    await world.applier.reach('prod-eu');
    await world.settles(planOf('prod-eu'), 'PlanRequested', 'PlanHeld', ...planned);
  });

  it('is found again after the planner was restarted', async () => {
    await world.applier.lose('prod-eu');
    await first();
    await world.reaches(planOf('prod-eu'), 'PlanHeld');
    await world.stop();
    await world.applier.reach('prod-eu');
    await world.start();
    await world.settles(planOf('prod-eu'), 'PlanRequested', 'PlanHeld', ...planned);
  });
});

describe('a newer revision', () => {
  it('makes void the dry run that is in flight', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    world.applier.beforeAnswer = () => gate;
    await first();
    await eventually(() => world.applier.diffs.length === 1, 5_000, 'a dry run in flight');
    const newer = await change('2');
    await world.reaches(planOf('prod-eu'), 'PlanRequested', 2);
    release();
    await world.settles(planOf('prod-eu'), 'PlanRequested', ...planned);
    await world.reaches(checkout, 'RolloutCompleted');
    const drafted = (await world.events(planOf('prod-eu')))[2];
    expect(drafted?.data).toMatchObject({ revision: newer });
  });

  it('supersedes a plan that waits for a person', async () => {
    await first({ selects: production, mode: 'approval' });
    await world.reaches(planOf('prod-eu'), 'PlanDrafted');
    await change('2');
    await world.settles(
      planOf('prod-eu'),
      'PlanRequested',
      'PlanDrafted',
      'PlanSuperseded',
      'PlanRequested',
      'PlanDrafted',
    );
  });

  it('going back to an earlier one is planned anew', async () => {
    await first();
    await world.reaches(checkout, 'RolloutCompleted');
    await change('2');
    await world.reaches(checkout, 'RolloutCompleted', 2);
    await change('1');
    await world.reaches(checkout, 'RolloutCompleted', 3);
    const drafted = (await world.events(planOf('prod-eu'))).filter(({ type }) => type === 'PlanDrafted');
    expect(new Set(drafted.map(({ data }) => (data as { plan: string }).plan)).size).toBe(3);
  });
});

describe('what happens on a target', () => {
  const approved = async () =>
    (await world.reaches(planOf('prod-eu'), 'PlanApproved')).data as { plan: string; revision: string };
  const say = (...events: TargetEvent[]) => world.applier.say(planOf('prod-eu'), 'change', ...events);
  const stale = ({ plan, revision }: { plan: string; revision: string }): TargetEvent => ({
    type: 'PlanFoundStale',
    data: { attempt: 'a1', plan, revision, reason: 'replicas changed' },
  });

  it('voids a stale plan once, and one that is no longer the newest not at all', async () => {
    world.applier.stop();
    await first();
    const plan = await approved();
    await say(stale(plan));
    await world.settles(planOf('prod-eu'), ...planned, 'PlanInvalidated', ...planned);
    await say(stale(plan));
    await world.connects('prod-eu');
    await change('2');
    await world.reaches(planOf('prod-eu'), 'PlanApproved', 3);
    const types = await world.types(planOf('prod-eu'));
    expect(types.filter((type) => type === 'PlanInvalidated')).toHaveLength(1);
  });

  it('halts the rollout while it is Failed, and lets it go on when it recovers', async () => {
    world.applier.health = 'Failed';
    await first();
    const { plan, revision } = await approved();
    const halted = await world.reaches(checkout, 'RolloutHalted');
    expect(halted.data).toMatchObject({ cluster: 'prod-eu', reason: 'the target is Failed' });
    const health = { revision, plan, from: 'Failed', to: 'Current', objects: [], objectCount: 2 } as const;
    await say({ type: 'HealthTransitioned', data: { ...health, objects: [] } });
    await world.settles(
      checkout,
      'ApplicationDeclared',
      'RolloutStarted',
      'WaveOpened',
      'RolloutHalted',
      'RolloutResumed',
      'WaveCompleted',
      'RolloutCompleted',
    );
  });

  it('counts health only for the plan that it was said for', async () => {
    world.applier.stop();
    await first();
    const { plan, revision } = await approved();
    const health = { from: 'Unknown', to: 'Current', objectCount: 1 } as const;
    await say({
      type: 'HealthTransitioned',
      data: { ...health, revision, plan: 'f'.repeat(64), objects: [] },
    });
    await say({
      type: 'ApplyFailed',
      data: { attempt: 'a1', plan, revision, code: 'invalid', reason: 'port is immutable' },
    });
    const halted = await world.reaches(checkout, 'RolloutHalted');
    expect(halted.data).toMatchObject({ reason: 'port is immutable' });
  });
});
