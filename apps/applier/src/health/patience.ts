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
 * How long a target was waited for already when its watch begins, in milliseconds: since its apply, or not at all where it
 * was already Current at that plan and has left it. Only here is a clock asked that may have been set meanwhile; a clock
 * that was set back makes no more of it than no time.
 */
export const waitedMs = (appliedAt: string, wasCurrent: boolean, nowMs: number): number => {
  const applied = Date.parse(appliedAt);
  return wasCurrent || Number.isNaN(applied) ? 0 : Math.max(0, nowMs - applied);
};
