import { MemoryWorld, type Hub } from '@syncline/event-store';
import { isWholeRun, JumbledDeliveries, seedOfRun, toldBySubject, type Told } from '@syncline/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import { historyClusters, plannerHistory } from './testing/planner-history.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const firstSeed = seedOfRun();
const seeds = Array.from({ length: isWholeRun ? 40 : 1 }, (_, index) => firstSeed + index);
/** What the planner and the applier that is played decide; the rest is what happens to them. */
const decided = ['ev.config.>', 'ev.app.>', 'ev.plan.>', 'ev.cluster.>'];

const jumbledGround = (world: MemoryWorld, deliveries: JumbledDeliveries) => {
  const ground = memoryGround(world);
  const planner = async (): Promise<Hub> => {
    const hub = await ground.planner();
    return { ...hub, strategy: deliveries.over(hub.strategy) };
  };
  return { ...ground, planner };
};

/** Lets the history happen, each of it when the one before has had its consequences. */
const tellHistory = async (deliveries: JumbledDeliveries): Promise<Told> => {
  const memory = new MemoryWorld();
  const world = await PlannerWorld.make(jumbledGround(memory, deliveries), historyClusters);
  const last = () => memory.messages.lastSequence();
  try {
    await world.joins('staging', { tier: 'staging' });
    for (const cluster of ['prod-eu', 'prod-us']) await world.joins(cluster, { tier: 'production' });
    await world.registers(['apps']);
    await world.start();
    for (const { happens } of plannerHistory) {
      await happens(world);
      await deliveries.quiet(last);
    }
    const entries = await Array.fromAsync(world.ground.watcher.log.scan({ subjects: decided }));
    const before = await last();
    await deliveries.repeatAll();
    await deliveries.quiet(last);
    expect(await last(), 'what is handled once more decides nothing').toBe(before);
    return toldBySubject(entries.flatMap(({ events }) => events));
  } finally {
    await deliveries.stop();
    await world.close();
  }
};

describe(`deliveries twice, late and out of order across subjects (SYNCLINE_TEST_SEED=${firstSeed})`, () => {
  let inOrder: Told;
  beforeAll(async () => {
    inOrder = await tellHistory(new JumbledDeliveries(undefined));
  });

  it.each(seeds)(
    'come to the same on every subject, in type and data: seed %i',
    async (seed) => {
      expect(await tellHistory(new JumbledDeliveries(seed))).toEqual(inOrder);
    },
    180_000,
  );
});
