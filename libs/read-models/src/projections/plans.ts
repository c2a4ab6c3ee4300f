import type { TargetName } from '@syncline/events';

import {
  instantsOf, put, read, targetOf, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import { approvalTable, planTable, type PlanRow, type PlanState } from '../tables/plan.js';
import { targetTable } from '../tables/target.js';

type Of<Type extends Stored['type']> = Extract<Stored, { type: Type }>;

const stateTypes = {
  PlanApproved: 'Approved',
  PlanRejected: 'Rejected',
  PlanInvalidated: 'Invalidated',
  PlanSuperseded: 'Superseded',
  ApplyStarted: 'Applying',
  ApplySucceeded: 'Applied',
  ApplyFailed: 'Failed',
  ApplyAborted: 'Aborted',
} as const satisfies Partial<Record<Stored['type'], PlanState>>;
type OfPlan = Of<keyof typeof stateTypes>;
const isOfPlan = (event: Stored): event is OfPlan => event.type in stateTypes;

const drafted = (event: Of<'PlanDrafted'>, target: TargetName, mode: string | undefined): Change => {
  const { plan, change, rollout, revision, document, actions, certainties, predicted, needs, refused } =
    event.data;
  const state = refused.length > 0 ? 'Refused' : mode === 'observe' ? 'Observed' : 'AwaitingApproval';
  return put(planTable, {
    ...{ plan, change, rollout, revision, actions, certainties, predicted, needs, refused, ...target },
    state,
    document: document.digest,
    correlationId: event.correlationId,
    draftedSequence: event.position.sequence,
    draftedAt: instantsOf(event).occurredAt,
    ...instantsOf(event),
  });
};

const decided = (event: Of<'PlanApproved'> | Of<'PlanRejected'>, target: TargetName): Change => {
  const { plan, revision, by, reason } = event.data;
  return put(approvalTable, {
    ...event.position,
    ...{ plan, revision, ...target },
    decision: event.type === 'PlanApproved' ? 'grant' : 'reject',
    decidedBy: by,
    reason: reason ?? null,
    actor: event.actor,
    correlationId: event.correlationId,
    ...instantsOf(event),
  });
};

const moved = (row: PlanRow | undefined, event: OfPlan): readonly Change[] =>
  row ? [put(planTable, { ...row, state: stateTypes[event.type], ...instantsOf(event) })] : [];

const project = (event: Stored, find: Find): readonly Change[] => {
  const target = targetOf(event);
  if (!target) return [];
  if (event.type === 'PlanDrafted') return [drafted(event, target, find(targetTable, target)?.mode)];
  if (!isOfPlan(event)) return [];
  const row = find(planTable, { plan: event.data.plan });
  const isDecision = event.type === 'PlanApproved' || event.type === 'PlanRejected';
  return [...moved(row, event), ...(isDecision ? [decided(event, target)] : [])];
};

/** Plans and what became of them, and every grant and rejection. Reads the target's mode, which targets keeps. */
export const plansProjection: Projection = {
  name: 'plans',
  version: 1,
  tables: [planTable, approvalTable],
  reads: (event) => {
    const target = targetOf(event);
    if (!target) return [];
    if (event.type === 'PlanDrafted') return [read(targetTable, target)];
    return isOfPlan(event) ? [read(planTable, { plan: event.data.plan })] : [];
  },
  project,
};
