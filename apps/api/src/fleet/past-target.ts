import type { FleetStateAtRow } from '@syncline/read-models';
import { z } from 'zod';

import { targetOf, targetShape } from './target-answer.js';

const person = z.object({ name: z.string(), email: z.string() });

/** What is applied on a target, by its record. */
const applied = z.object({
  plan: z.string(),
  approvedBy: z.string().optional(),
  approver: person.optional().describe('who that is, as long as the person is not forgotten'),
  manifests: z.string().optional().describe('digest of the recorded render'),
});

/** A target as it was at an instant: as now, and what it was made of. */
export const pastTargetShape = targetShape.extend({
  rollout: z.string(),
  approvedBy: z.string().optional().describe('by whom the wanted plan was approved'),
  approver: person.optional(),
  applied: applied.optional(),
  drift: z.object({ since: z.string(), objects: z.int() }).optional(),
  images: z.array(z.string()).optional(),
  notYetKnown: z
    .boolean()
    .describe('part of it was recorded later than the instant: nobody could know it yet'),
});
export type PastTarget = z.infer<typeof pastTargetShape>;

/** A row of the past as a target of the API. */
export const pastTargetOf = (row: FleetStateAtRow): PastTarget => ({
  ...targetOf(row),
  rollout: row.rollout,
  ...(row.approvedBy !== null && { approvedBy: row.approvedBy }),
  ...(row.appliedPlan !== null && {
    applied: {
      plan: row.appliedPlan,
      ...(row.appliedApprovedBy !== null && { approvedBy: row.appliedApprovedBy }),
      ...(row.manifests !== null && { manifests: row.manifests }),
    },
  }),
  ...(row.driftSince !== null && { drift: { since: row.driftSince, objects: row.driftObjects ?? 0 } }),
  notYetKnown: row.notYetKnown,
});
