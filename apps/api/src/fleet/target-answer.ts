import type { FleetStateRow } from '@syncline/read-models';
import { z } from 'zod';

/** A target as the API gives it out. */
export const targetShape = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  revision: z.string().nullable(),
  desiredRevision: z.string(),
  plan: z.string().nullable(),
  sync: z.string(),
  health: z.string(),
  since: z.string(),
  message: z.string().optional(),
  mode: z.string(),
  /** What it runs of the record in place of the desired revision; absent where it runs what Git wants. */
  replay: z
    .object({
      kind: z.enum(['replay', 'undelete']),
      sentence: z.string(),
      plan: z.string(),
      cluster: z.string(),
      revision: z.string(),
      by: z.string(),
      reason: z.string().nullable(),
      since: z.string(),
    })
    .optional(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});

/** A row of the view as a target of the API. */
export const targetOf = (row: FleetStateRow): z.infer<typeof targetShape> => {
  const { project, application, cluster, revision, desiredRevision, plan, sync, health, since, mode } = row;
  return {
    ...{ project, application, cluster, revision, desiredRevision, plan, sync, health, since, mode },
    ...(row.message !== null && { message: row.message }),
    ...(row.replay && { replay: row.replay }),
    occurredAt: row.occurredAt,
    recordedAt: row.recordedAt,
  };
};
