import { subjects } from '@syncline/events';
import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EndingAggregates } from './testing/ending-log.js';
import { application, configMap } from './testing/files.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const clusters = ['prod-eu', 'prod-us'];
const checkout = subjects.application('default', 'checkout');
const completed = ['RolloutStarted', 'WaveOpened', 'WaveCompleted', 'RolloutCompleted'];
const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
/** Configuration, rollout, two requests, two plans, and the rollout's end. */
const appendsOfOneChange = 7;

describe('a planner that is killed', () => {
  let world: PlannerWorld;
  const times = <One>(count: number, ...items: One[]) => Array.from({ length: count }, () => items).flat();

  beforeAll(async () => {
    world = await PlannerWorld.make(memoryGround(), clusters);
    for (const cluster of clusters) await world.joins(cluster, {});
    await world.registers(['apps']);
    await world.start();
    await world.push('first', {
      'apps/checkout.yaml': application('checkout', 'checkout'),
      'checkout/web.yaml': configMap('web', { size: '0' }),
    });
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    await world.stop();
  });
  afterAll(() => world.close());

  it.each(Array.from({ length: appendsOfOneChange }, (_, index) => index + 1))(
    'after append %i of a change leaves nothing undone and does nothing twice',
    async (after) => {
      const ending: EndingAggregates[] = [];
      await world.start((hub) => {
        const aggregates = new EndingAggregates(hub.aggregates, after);
        ending.push(aggregates);
        return { aggregates, blobs: hub.blobs };
      });
      await world.push(`size ${after}`, { 'checkout/web.yaml': configMap('web', { size: String(after) }) });
      await eventually(() => ending[0]?.hasEnded, 10_000, 'the planner was killed');
      await world.stop();
      await world.start();
      await world.settles(checkout, 'ApplicationDeclared', ...times(after + 1, ...completed));
      for (const cluster of clusters) {
        const plan = subjects.plan(cluster, 'default', 'checkout');
        expect(await world.types(plan)).toEqual(times(after + 1, ...planned));
      }
      expect(await world.types(subjects.configuration('fleet'))).toHaveLength(after + 1);
      await world.stop();
    },
  );
});
