import type { DriftedObject } from '@syncline/events';

import type { InventoryEntry } from '../cluster-client.js';
import { isAutoscaled } from '../fields/autoscalers.js';
import { othersOf } from '../fields/owned-paths.js';
import { fieldManager } from '../objects/marks.js';
import type { KubeObject } from '../objects/kube-object.js';
import { holdersOf, lostPaths } from './judge-drift.js';

/**
 * Who put an object back to what was applied: whoever holds now what had drifted; where that was not seen, whoever holds what
 * is ours no more. Under our own name where all is ours again. Undefined where nobody holds it.
 */
export const putBackBy = (
  entry: InventoryEntry,
  live: KubeObject | undefined,
  former: DriftedObject | undefined,
): string | undefined => {
  if (!live) return undefined;
  const lost = lostPaths(entry, live);
  const drifted = former?.fields.map(({ path }) => path) ?? [];
  const asked = drifted.length > 0 ? drifted.filter((path) => lost.includes(path)) : lost;
  if (asked.length === 0) return fieldManager;
  const others = othersOf(live);
  const holders = asked.flatMap((path) => holdersOf(others, path).filter((one) => !isAutoscaled(one, path)));
  return holders[0]?.manager;
};
