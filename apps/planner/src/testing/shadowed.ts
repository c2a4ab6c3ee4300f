import { MemoryWorld } from '@syncline/event-store';
import { JumbledDeliveries } from '@syncline/testkit';
import type { Provider } from '@nestjs/common';

import type { Difference } from '../shadow/compare.js';
import type { RecordedSlice } from '../shadow/recorded-slice.js';
import { Shadow } from '../shadow/shadow.js';
import type { ShadowedPart, ShadowReport } from '../shadow/shadow-report.js';
import { ShadowPlanner } from '../shadow/shadow-planner.js';
import { historyClusters, plannerHistory } from './planner-history.js';
import { memoryGround, PlannerWorld } from './planner-world.js';

/** Lets the planner live through its history, each of it when the one before has had its consequences. */
export const livedHistory = async (): Promise<MemoryWorld> => {
  const memory = new MemoryWorld();
  const deliveries = new JumbledDeliveries(undefined);
  const ground = memoryGround(memory);
  const planner = async () => {
    const hub = await ground.planner();
    return { ...hub, strategy: deliveries.over(hub.strategy) };
  };
  const world = await PlannerWorld.make({ ...ground, planner }, historyClusters);
  try {
    await world.joins('staging', { tier: 'staging' });
    for (const cluster of ['prod-eu', 'prod-us']) await world.joins(cluster, { tier: 'production' });
    await world.registers(['apps']);
    await world.start();
    for (const { happens } of plannerHistory) {
      await happens(world);
      await deliveries.quiet(() => memory.messages.lastSequence());
    }
  } finally {
    await deliveries.stop();
    await world.close();
  }
  return memory;
};

/** What the planner of this code makes of a record, or of a part of it; `changed` are parts of the planner that a test replaces. */
export const shadowed = async (
  slice: RecordedSlice,
  changed: readonly Provider[] = [],
  part: ShadowedPart = {},
): Promise<{ readonly report: ShadowReport; readonly differences: readonly Difference[] }> => {
  const planner = await ShadowPlanner.over(slice, (digest) => slice.blob(digest), changed);
  const differences: Difference[] = [];
  try {
    const report = await new Shadow(slice, planner, (one) => differences.push(one), part).run();
    return { report, differences };
  } finally {
    await planner.close();
  }
};
