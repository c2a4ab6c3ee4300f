import type { TargetEvent } from '@syncline/events';

import type { ClusterSurroundings } from '../surroundings.js';

/** Counts the drift that was just recorded or ended. */
export const countDrift = (
  { meter, cluster }: Pick<ClusterSurroundings, 'meter' | 'cluster'>,
  events: readonly TargetEvent[],
): void => {
  for (const event of events) {
    if (event.type === 'DriftDetected') meter.drifted(cluster);
    if (event.type === 'DriftHealed') meter.undrifted(cluster, event.data.by);
  }
};
