import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { blobRef, counts, digest, objectName, oid } from '../shapes.js';

/** The words of kstatus, and Suspended. */
export const healths = [
  'Current', 'InProgress', 'Failed', 'Terminating', 'NotFound', 'Unknown', 'Suspended',
] as const; // prettier-ignore

const attempt = { attempt: z.string(), plan: digest, revision: oid };
const failure = {
  object: objectName.optional(),
  code: z.string(),
  reason: z.string(),
  inventory: blobRef.optional(),
};

export const targetEvents = [
  defineEvent(
    'ApplyStarted',
    1,
    'The applier begins to carry out a plan. `fence` is the sequence of the plan subject at which it was the newest approved one.',
    z.object({ ...attempt, fence: z.int().positive(), operations: counts }),
  ),
  defineEvent(
    'ObjectsApplied',
    1,
    'What was done to the objects, one entry each in the blob.',
    z.object({ ...attempt, outcomes: counts, results: blobRef }),
  ),
  defineEvent(
    'ObjectsPruned',
    1,
    'Objects that the revision no longer has were deleted, one entry each in the blob.',
    z.object({ ...attempt, outcomes: counts, results: blobRef }),
  ),
  defineEvent(
    'ApplySucceeded',
    1,
    'The plan is carried out; the blob is what the target holds now.',
    z.object({ ...attempt, inventory: blobRef, render: digest, manifests: blobRef }),
  ),
  defineEvent(
    'ApplyFailed',
    1,
    'The cluster or a policy said no; what was applied before stays and is in the inventory.',
    z.object({ ...attempt, ...failure }),
  ),
  defineEvent(
    'ApplyErrored',
    1,
    'The apply broke on our side or on the way; it is tried again.',
    z.object({ ...attempt, ...failure, retryInSeconds: z.int().nonnegative() }),
  ),
  defineEvent(
    'ApplyAborted',
    1,
    'The apply was stopped at a safe point, by a newer plan or a person.',
    z.object({ ...attempt, reason: z.string(), inventory: blobRef.optional() }),
  ),
  defineEvent(
    'PlanFoundStale',
    1,
    'The live state moved in a way that changes the plan; nothing further of it is applied.',
    z.object({
      ...attempt,
      object: objectName.optional(),
      reason: z.string(),
      inventory: blobRef.optional(),
    }),
  ),
  defineEvent(
    'HealthTransitioned',
    1,
    'The health of the target at a revision is another than before; at most five objects that cause it are named.',
    z.object({
      revision: oid,
      plan: digest,
      from: z.enum(healths),
      to: z.enum(healths),
      objects: z.array(z.object({ object: objectName, health: z.enum(healths), message: z.string() })).max(5),
      objectCount: z.int().nonnegative(),
    }),
  ),
  defineEvent(
    'TargetOrphaned',
    1,
    'The target left the placement or its application was retired: its objects stay and are no longer watched.',
    z.object({ reason: z.string(), objects: z.int().nonnegative() }),
  ),
] as const;

export type TargetEvent = EventOf<typeof targetEvents>;
export type Health = (typeof healths)[number];
