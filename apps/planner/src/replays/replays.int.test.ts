import { subjects, type PlanEvent } from '@syncline/events';
import { MemoryWorld } from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { application, configMap } from '../testing/files.js';
import { memoryGround, PlannerWorld } from '../testing/planner-world.js';

type Drafted = StoredEvent<Extract<PlanEvent, { type: 'PlanDrafted' }>>;
type Requested = StoredEvent<Extract<PlanEvent, { type: 'PlanRequested' }>>;

const [eu, us] = ['prod-eu', 'prod-us'];
const name = { project: 'default', application: 'checkout' };
const checkout = subjects.application('default', 'checkout');
const planOf = (cluster: string) => subjects.plan(cluster, 'default', 'checkout');
const asked = { by: 'person:p1', reason: 'orders fail' };

let world: PlannerWorld;

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(new MemoryWorld()), [eu, us]);
  await world.joins(eu, { tier: 'production' });
  await world.registers(['apps']);
  await world.start();
});
afterEach(() => world.close());

const push = (size: string, more: Record<string, string | null> = {}) =>
  world.push(`size ${size}`, { 'checkout/web.yaml': configMap('web', { size }), ...more });
const deploys = async (mode = 'automatic', more: Record<string, string> = {}): Promise<string> => {
  const options = { mode } as Parameters<typeof application>[2];
  return push('1', { 'apps/checkout.yaml': application('checkout', 'checkout', options), ...more });
};
const drafts = async (cluster = eu): Promise<readonly Drafted[]> =>
  (await world.events(planOf(cluster))).filter((event): event is Drafted => event.type === 'PlanDrafted');
const applied = (rollouts: number) => world.reaches(checkout, 'RolloutCompleted', rollouts);
/** What names the n-th deployment of a cluster. */
const deployment = async (at: number, cluster = eu) => {
  const draft = (await drafts(cluster))[at]!;
  return { ...name, cluster, plan: draft.data.plan, drafted: draft.position.sequence };
};
const live = (cluster = eu) =>
  world.applier.objects(cluster, 'checkout').map(({ data }) => (data as { size: string }).size);
const document = async (draft: Drafted | undefined) => {
  const bytes = await world.ground.watcher.blobs.get(`cluster.${eu}`, draft?.data.plan ?? '');
  return JSON.parse(new TextDecoder().decode(bytes)) as { from?: unknown };
};

describe('a deployment of the record', () => {
  it('runs again from its manifests as a new plan, in a change of its own that names who asked and why', async () => {
    const first = await deploys();
    await applied(1);
    const wanted = await push('2', { 'checkout/more.yaml': configMap('more', { size: 'x' }) });
    await applied(2);
    await world.command('replay', { ...(await deployment(0)), ...asked });
    await world.reaches(planOf(eu), 'PlanApproved', 3);
    const [then, , again] = await drafts();
    expect(again?.data).toMatchObject({ revision: first, manifests: then?.data.manifests });
    expect(again?.data.plan).not.toBe(then?.data.plan);
    expect((await world.types(planOf(eu))).slice(-4)).toEqual([
      ...['ReplayRequested', 'PlanRequested', 'PlanDrafted', 'PlanApproved'],
    ]);
    const [replayed, requested, drafted] = (await world.events(planOf(eu))).slice(-4);
    expect(replayed).toMatchObject({ actor: 'person:p1;auth=token', data: { ...asked, instead: wanted } });
    expect(drafted).toMatchObject({ correlationId: requested?.correlationId, causationSubject: planOf(eu) });
    expect(replayed?.correlationId).not.toBe(then?.correlationId);
    await expect.poll(() => live()).toEqual(['1']);
    expect((await document(again)).from).toMatchObject({
      ...{ kind: 'replay', plan: then?.data.plan, cluster: eu },
      differences: expect.arrayContaining([
        expect.objectContaining({
          about: 'live',
          sentence: expect.stringContaining('more is there now') as string,
        }),
      ]) as unknown,
    });
  });

  it('is undone neither by a restart nor by the fleet, and by the next commit', async () => {
    await deploys();
    await applied(1);
    await push('2');
    await applied(2);
    await world.command('replay', { ...(await deployment(0)), ...asked });
    await world.reaches(planOf(eu), 'PlanApproved', 3);
    await world.stop();
    await world.start();
    await world.joins(us, { tier: 'production' });
    await world.reaches(planOf(us), 'PlanApproved', 1);
    await applied(3);
    expect([live(eu), live(us)]).toEqual([['1'], ['2']]);
    await push('3');
    await applied(4);
    expect([live(eu), live(us)]).toEqual([['3'], ['3']]);
  });

  it('is asked of a person where the application asks for approval', async () => {
    await deploys('approval');
    for (const [at, size] of ['1', '2'].entries()) {
      if (at > 0) await push(size);
      const { data } = (await world.reaches(planOf(eu), 'PlanDrafted', at + 1)) as Drafted;
      const grant = { ...name, cluster: eu, plan: data.plan, decision: 'grant', by: 'person:p1' };
      await world.command('approve', grant);
      await applied(at + 1);
    }
    await world.command('replay', { ...(await deployment(0)), ...asked });
    await world.reaches(planOf(eu), 'PlanDrafted', 3);
    expect(live()).toEqual(['2']);
  });

  it('asked for twice runs once, and is ended by a person', async () => {
    await deploys();
    await applied(1);
    const wanted = await push('2');
    await applied(2);
    const command = { ...(await deployment(0)), ...asked };
    await Promise.all([world.command('replay', command), world.command('replay', command)]);
    await world.reaches(planOf(eu), 'PlanApproved', 3);
    await world.command('replay', command);
    await world.command('end-replay', { ...name, by: 'person:p2' });
    await world.reaches(planOf(eu), 'PlanApproved', 4);
    await expect.poll(() => live()).toEqual(['2']);
    const requests = (await world.events(planOf(eu))).filter(
      (one): one is Requested => one.type === 'PlanRequested',
    );
    expect(requests.map(({ data }) => data.reason)).toEqual(['rollout', 'rollout', 'replay', 'replay-ended']);
    expect(requests.at(-1)?.data).toMatchObject({ revision: wanted });
  });

  it('waits for a cluster that is away, and is planned from the record when it is back', async () => {
    await deploys();
    await applied(1);
    await push('2');
    await applied(2);
    await world.applier.lose(eu);
    await world.command('replay', { ...(await deployment(0)), ...asked });
    await world.reaches(planOf(eu), 'PlanHeld');
    await world.applier.reach(eu);
    await world.connects(eu);
    await world.reaches(planOf(eu), 'PlanApproved', 3);
    await expect.poll(() => live()).toEqual(['1']);
  });
});

describe('what cannot run again is refused by name', () => {
  const refusal = (command: object) =>
    world.command('replay', { ...command, ...asked }).then(
      () => 'done',
      (error: unknown) => (error as { code: string }).code,
    );

  it('a plan that is none, one that never ran, and an application that is paused, unknown or retired', async () => {
    await deploys('approval');
    await world.reaches(planOf(eu), 'PlanDrafted');
    const known = await deployment(0);
    expect(await refusal(known)).toBe('deployment-not-applied');
    expect(await refusal({ ...known, plan: 'f'.repeat(64) })).toBe('deployment-unknown');
    expect(await refusal({ ...known, application: 'nothing' })).toBe('application-unknown');
    expect(await refusal({ ...known, onto: 'nowhere' })).toBe('cluster-unknown');
    await world.joins(us, { tier: 'staging' });
    expect(await refusal({ ...known, onto: us })).toBe('target-unknown');
    await world.command('pause', { ...name, by: 'person:p1', reason: 'wait' });
    expect(await refusal(known)).toBe('application-paused');
    await world.push('gone', {
      'apps/checkout.yaml': null,
      'apps/other.yaml': application('other', 'checkout'),
    });
    await world.reaches(checkout, 'ApplicationRetired');
    expect(await refusal(known)).toBe('application-retired');
  });
});
