import { Inject } from '@nestjs/common';
import { Views, type FleetStateAtRow, type FleetStateRow, type TargetFilter } from '@syncline/read-models';
import { z } from 'zod';

import { PastFleet } from '../fleet/past-fleet.js';

/** A target that is to become what it was. */
export const restoredTarget = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  plan: z.string(),
  revision: z.string(),
  drafted: z.int(),
  /** What it is at now; null where nothing is applied. */
  from: z.string().nullable(),
});
/** One that stays as it is, and why. */
export const leftTarget = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  reason: z.string(),
});
export type Restored = {
  readonly targets: readonly z.infer<typeof restoredTarget>[];
  readonly left: readonly z.infer<typeof leftTarget>[];
};

const keyOf = ({ project, application, cluster }: FleetStateRow): string =>
  `${project}/${application}/${cluster}`;

const reasonToLeave = (then: FleetStateAtRow, now: FleetStateRow | undefined): string | undefined => {
  if (then.appliedPlan === null) return 'nothing was applied there then';
  if (!now) return 'it is not placed there any more';
  const isSame = now.appliedPlan === then.appliedPlan || now.replay?.plan === then.appliedPlan;
  return isSame ? 'it runs what it ran then' : undefined;
};

/** Finds what targets ran at an instant, and which of them run something else now. */
export class RestoredTargets {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(PastFleet) private readonly past: PastFleet,
  ) {}

  /** @param at RFC 3339. */
  async of(at: string, filter: TargetFilter, selector?: string): Promise<Restored> {
    const [then, current] = await Promise.all([
      this.past.rows(at, filter, selector),
      this.views.fleet(filter),
    ]);
    const now = new Map(current.map((row) => [keyOf(row), row]));
    const [targets, left] = [[] as Restored['targets'][number][], [] as Restored['left'][number][]];
    for (const row of then) {
      const { project, application, cluster, appliedPlan: plan } = row;
      const name = { project, application, cluster };
      const reason = reasonToLeave(row, now.get(keyOf(row)));
      const [drafted] = plan === null || reason !== undefined ? [] : await this.views.plansByPrefix(plan);
      if (reason !== undefined || plan === null || !drafted)
        left.push({ ...name, reason: reason ?? 'its plan is not in the record' });
      else {
        const { revision, draftedSequence } = drafted;
        const from = now.get(keyOf(row))?.revision ?? null;
        targets.push({ ...name, plan, revision, drafted: draftedSequence, from });
      }
    }
    return { targets, left };
  }
}
