import { subjects } from '@syncline/events';
import { MemoryWorld } from '@syncline/event-store';
import { eventually, settableClock, type SettableClock } from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { application, configMap } from '../testing/files.js';
import { memoryGround, PlannerWorld } from '../testing/planner-world.js';

const cluster = 'prod-eu';
const checkout = subjects.application('default', 'checkout');
const planOf = subjects.plan(cluster, 'default', 'checkout');
const hourMs = 3_600_000;
/** What docs/kubernetes.md says of a fight. */
const fiveHeals = 5;

describe('clocks that are wrong', () => {
  let world: PlannerWorld;
  let clock: SettableClock;

  beforeEach(async () => {
    clock = settableClock();
    world = await PlannerWorld.make(memoryGround(new MemoryWorld()), [cluster]);
    await world.joins(cluster, { tier: 'production' });
    await world.registers(['apps']);
    await world.start();
  });
  afterEach(async () => {
    await world.close();
    clock.restore();
  });

  const push = (value: string) =>
    world.push(`value ${value}`, {
      'apps/checkout.yaml': application('checkout', 'checkout', { drift: 'heal' }),
      'checkout/web.yaml': configMap('web', { value }),
    });
  const value = () => (world.applier.objects(cluster, 'checkout')[0]?.data as { value: string }).value;
  const drifts = (round: number) => world.applier.drift(planOf, 'web', `b${round}`);
  const isHealed = async (round: number) => {
    await world.reaches(planOf, 'PlanApproved', round + 1);
    await eventually(() => value() === 'a', 5_000, 'it is healed');
  };

  it.each([hourMs, -hourMs])(
    'an applier whose clock is %i ms ahead ends a fight all the same',
    async (ahead) => {
      await push('a');
      await world.reaches(checkout, 'RolloutCompleted');
      world.applier.aheadMs = ahead;
      for (let round = 1; round <= fiveHeals; round += 1) {
        await drifts(round);
        await isHealed(round);
      }
      await drifts(fiveHeals + 1);
      await world.reaches(planOf, 'PlanHeld');
    },
  );

  it('a planner whose clock is set in the middle of a deployment plans the newest revision, and each once', async () => {
    let asked = 0;
    let answer: () => void = () => undefined;
    world.applier.beforeAnswer = () => {
      asked += 1;
      return new Promise((resolve) => (answer = resolve));
    };
    for (const [index, ahead] of [hourMs, -hourMs, 0].entries()) {
      await push(String(index));
      await eventually(() => asked === index + 1, 5_000, 'a dry run is asked for');
      clock.set(ahead);
      answer();
      await world.reaches(checkout, 'RolloutCompleted', index + 1);
      expect(value()).toBe(String(index));
    }
    const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
    expect(await world.types(planOf)).toEqual([...planned, ...planned, ...planned]);
  });
});
