import type { Health } from '@syncline/events';
import type { TargetHealth } from '@syncline/kubernetes';

/** Words that wait for nothing: healthy, failed, or suspended by a person. */
const settled: ReadonlySet<Health> = new Set<Health>(['Current', 'Failed', 'Suspended']);

/** Whether a health may still become Current by itself, so that a time limit applies. */
export const isPending = (health: Health): boolean => !settled.has(health);

/** What a health is called whose time is over: Failed, and every message says so. */
export const outOfTime = (seen: TargetHealth, timeoutSeconds: number): TargetHealth => ({
  ...seen,
  health: 'Failed',
  objects: seen.objects.map((one) => ({
    ...one,
    message: `not Current after ${timeoutSeconds} s: ${one.message}`,
  })),
});

/**
 * When a target's time began: with the apply, or now where it was already Current at that plan and has left it.
 * Milliseconds since the epoch.
 */
export const waitingSince = (appliedAt: string, wasCurrent: boolean, now: number): number => {
  const applied = Date.parse(appliedAt);
  return wasCurrent || Number.isNaN(applied) ? now : applied;
};
