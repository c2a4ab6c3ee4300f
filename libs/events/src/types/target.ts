import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { driftedField, driftedObject } from '../documents/drift.js';
import { blobRef, counts, digest, instant, objectName, oid } from '../shapes.js';

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

/** At most ten fields of an object are named, long values cut; all of them are in the blob. */
const summarized = driftedObject.extend({ fields: z.array(driftedField).max(10) });
/** One request by which somebody else changed an object, as the audit log of the API server tells it. */
export const foreignWrite = z.object({
  /** The audit log's id of the request. */
  audit: z.string(),
  object: objectName,
  verb: z.string(),
  user: z.string(),
  userAgent: z.string().optional(),
  manager: z.string().optional(),
  at: instant,
  /** Only where whoever runs the applier wants it. */
  sourceIp: z.string().optional(),
});
export type ForeignWrite = z.infer<typeof foreignWrite>;

/** What was done to a field, or a whole object, since drift was last said, and is not to be seen in what is said now. */
const meanwhileChange = z.object({
  object: objectName,
  path: z.string().optional(),
  change: z.enum(['drifted', 'put-back']),
  manager: z.string().optional(),
  at: instant,
});
export type MeanwhileChange = z.infer<typeof meanwhileChange>;
/** How many of them an event names: the last ones. */
export const mostMeanwhile = 20;
const meanwhile = z.array(meanwhileChange).max(mostMeanwhile).optional();

/** What ended a drift: a plan of ours that heals, an apply of another plan, somebody in the cluster, or a rule by which it is ignored. */
export const driftHealers = ['heal', 'apply', 'cluster', 'ignored'] as const;

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
  defineEvent(
    'DriftDetected',
    1,
    'What is live differs from what was applied last, in fields that the apply set. Said again when it differs otherwise than before; at most five objects are named, `document` has all.',
    z.object({
      revision: oid,
      plan: digest,
      firstSeen: instant,
      objects: z.array(summarized).max(5),
      objectCount: z.int().positive(),
      document: blobRef,
      /** How often it came and went since it was last said: flapping is said once. */
      flaps: z.int().nonnegative(),
      meanwhile,
    }),
  ),
  defineEvent(
    'DriftHealed',
    1,
    'What is live is again what was applied last, or is to be ignored from now on. `by` is who undid it; `manager` names who in the cluster did, where that is known.',
    z.object({
      revision: oid,
      plan: digest,
      firstSeen: instant,
      lifetimeSeconds: z.number().nonnegative(),
      by: z.enum(driftHealers),
      manager: z.string().optional(),
      meanwhile,
    }),
  ),
  defineEvent(
    'DriftAttributed',
    1,
    "The API server's audit log names who made the writes of a drift, which may have ended by then. Never what was written.",
    z.object({
      revision: oid,
      plan: digest,
      firstSeen: instant,
      writes: z.array(foreignWrite).min(1).max(20),
    }),
  ),
] as const;

export type TargetEvent = EventOf<typeof targetEvents>;
export type Health = (typeof healths)[number];
