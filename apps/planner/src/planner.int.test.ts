import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { subjects } from '@syncline/events';
import { eventually } from '@syncline/testkit';

import { application, configMap } from './testing/files.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const clusters = ['staging', 'prod-eu', 'prod-us'];
const checkout = subjects.application('default', 'checkout');
const planOf = (cluster: string, name = 'checkout') => subjects.plan(cluster, 'default', name);

describe('the planner', () => {
  let world: PlannerWorld;

  beforeEach(async () => {
    world = await PlannerWorld.make(memoryGround(), clusters);
    await world.joins('staging', { tier: 'staging' });
    await world.joins('prod-eu', { tier: 'production', region: 'eu' });
    await world.joins('prod-us', { tier: 'production', region: 'us' });
    await world.registers(['apps']);
    await world.start();
  });
  afterEach(() => world.close());

  const settles = (subject: string, expected: readonly string[]) =>
    eventually(
      async () => {
        expect(await world.types(subject)).toEqual(expected);
        return true;
      },
      10_000,
      expected.join(', '),
    );

  const first = () =>
    world.push('first', {
      'apps/checkout.yaml': application('checkout', 'checkout'),
      'checkout/web.yaml': configMap('web', { size: '1' }),
    });

  it('takes a commit to a completed rollout on three clusters, in one change', async () => {
    const revision = await first();
    await settles(checkout, [
      'ApplicationDeclared',
      'RolloutStarted',
      'WaveOpened',
      'WaveCompleted',
      'RolloutCompleted',
    ]);
    for (const cluster of clusters) {
      expect(await world.types(planOf(cluster))).toEqual(['PlanRequested', 'PlanDrafted', 'PlanApproved']);
    }
    const events = [...(await world.events(checkout)), ...(await world.events(planOf('staging')))];
    expect(new Set(events.map(({ correlationId }) => correlationId))).toEqual(
      new Set([`change-${revision.slice(0, 7)}`]),
    );
  });
});
