import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { targetSpec } from '../documents/application-spec.js';
import { recordedManifests } from '../documents/recorded.js';
import { blobRef, counts, digest, instant, objectName, oid } from '../shapes.js';

/**
 * Why a target is planned: its rollout, a plan found stale, a cluster that came back, a request of a person, drift that is
 * to be healed from the manifests that were applied last, an application that is no longer paused, a cluster that serves
 * something else than before, a deployment that is to run again, objects that are to be brought back, and the end of either.
 */
export const planReasons = [
  'rollout', 'stale', 'cluster-returned', 'retry', 'heal', 'resumed', 'capabilities', 'replay', 'undelete', 'replay-ended',
] as const; // prettier-ignore
/** What holds a target before its plan is drafted. */
export const holders = ['cluster', 'pause', 'artifact'] as const;

const plan = digest;
const common = { rollout: z.string(), revision: oid };

export const planEvents = [
  defineEvent(
    'PlanRequested',
    1,
    'A target is to be planned at a revision; every earlier plan of the target that has not ended is superseded.',
    z.object({
      ...common,
      reason: z.enum(planReasons),
      spec: targetSpec,
      /** What whoever asked said about it. */
      note: z.string().max(500).optional(),
      /** Manifests of the record, where it is planned from those; kept by what asks for the same again. */
      recorded: recordedManifests.optional(),
    }),
  ),
  defineEvent(
    'PlanHeld',
    1,
    'The target cannot be planned now, and will be when what holds it goes away. Said once, not per attempt.',
    z.object({ ...common, by: z.enum(holders), reason: z.string(), since: instant }),
  ),
  defineEvent(
    'RenderFailed',
    1,
    'The manifests of the revision cannot be made; the target stays as it is.',
    z.object({
      ...common,
      reason: z.string(),
      file: z.string().optional(),
      line: z.int().positive().optional(),
    }),
  ),
  defineEvent(
    'PlanDrafted',
    1,
    'A plan exists. `needs` says in sentences why a person must approve it (empty where a rule may), `refused` why it can only be looked at.',
    z.object({
      ...common,
      plan,
      change: digest,
      document: blobRef,
      manifests: blobRef,
      render: digest,
      actions: counts,
      certainties: counts,
      predicted: z.boolean(),
      needs: z.array(z.string()).max(10),
      refused: z.array(z.string()).max(10),
    }),
  ),
  defineEvent(
    'PlanUnchanged',
    1,
    'The target already is what the revision says; nothing is to be done.',
    z.object({ ...common, render: digest }),
  ),
  defineEvent(
    'PlanApproved',
    1,
    'The plan of this digest may be applied. `by` is a rule (`rule:automatic`) or a person (`person:<id>`).',
    z.object({ ...common, plan, by: z.string(), reason: z.string().optional() }),
  ),
  defineEvent(
    'PlanRejected',
    1,
    'A person said no to the plan of this digest.',
    z.object({ ...common, plan, by: z.string(), reason: z.string() }),
  ),
  defineEvent(
    'PlanInvalidated',
    1,
    'The plan no longer fits the live state; it is void.',
    z.object({ ...common, plan, reason: z.string() }),
  ),
  defineEvent(
    'PlanSuperseded',
    1,
    'A newer request took the place of the plan; an apply that is under way stops at its next safe point.',
    z.object({ ...common, plan, by: oid }),
  ),
  defineEvent(
    'ReplayRequested',
    1,
    'A person wants a recorded deployment to run again on the target. `revision` is that of the deployment, `instead` the one that Git wants: another revision for the target ends the replay.',
    z.object({
      ...common,
      plan,
      cluster: z.string(),
      instead: oid,
      by: z.string(),
      reason: z.string().max(500).optional(),
    }),
  ),
  defineEvent(
    'UndeleteRequested',
    1,
    'A person wants objects back that were pruned or deleted, as they were applied last; at most ten are named. They stay until another revision comes for the target.',
    z.object({
      ...common,
      objects: z.array(objectName).max(10),
      objectCount: z.int().positive(),
      by: z.string(),
      reason: z.string().max(500).optional(),
    }),
  ),
  defineEvent(
    'ReplayEnded',
    1,
    'A person lets the target become again what Git wants: `revision`.',
    z.object({ ...common, plan, by: z.string(), reason: z.string().max(500).optional() }),
  ),
  defineEvent(
    'TargetReleased',
    1,
    'The cluster left the placement or the application was retired; the objects stay and are no longer watched.',
    z.object({ reason: z.enum(['placement', 'retired']), revision: oid }),
  ),
] as const;

export type PlanEvent = EventOf<typeof planEvents>;
export type PlanReason = (typeof planReasons)[number];
