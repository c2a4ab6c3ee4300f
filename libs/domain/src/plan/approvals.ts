import type { PlanEvent } from '@syncline/events';
import { CommandRefused } from '@syncline/kernel';

import type { PlanCommand, PlanIn, PlanState } from './state.js';

type Approve = Extract<PlanCommand, { type: 'approve' }>;
type Reject = Extract<PlanCommand, { type: 'reject' }>;
type WithPlan = PlanIn<'drafted' | 'approved' | 'rejected'>;

const short = (digest: string): string => digest.slice(0, 12);

/** The state of the plan that was asked about; refuses where it is not the target's newest. */
const currentPlan = (state: PlanState, plan: string): WithPlan => {
  if (state.status !== 'drafted' && state.status !== 'approved' && state.status !== 'rejected') {
    throw new CommandRefused(
      'no-plan',
      `The target has no plan ${short(plan)} to decide on: it is ${state.status}. syncline plan shows what there is.`,
    );
  }
  if (state.plan === plan) return state;
  throw new CommandRefused(
    'plan-superseded',
    `Plan ${short(plan)} was superseded: ${short(state.plan)} is the newest of its target. Look at that one and decide on it.`,
  );
};

const refuseApproval = (state: PlanIn<'drafted'>): void => {
  if (state.refused.length > 0) {
    throw new CommandRefused(
      'plan-refused',
      `Plan ${short(state.plan)} can be looked at, not applied: ${state.refused[0] ?? ''}`,
    );
  }
  if (state.request.spec.mode === 'observe') {
    throw new CommandRefused(
      'plan-observed',
      `Plan ${short(state.plan)} cannot be approved: the application is in observe mode. Set sync.mode to approval or automatic.`,
    );
  }
};

/** A grant by a person. It binds to the digest, and only the newest plan of a target can have it. */
export const approve = (state: PlanState, command: Approve): readonly PlanEvent[] => {
  const current = currentPlan(state, command.plan);
  if (current.status === 'approved') return [];
  if (current.status === 'rejected') {
    throw new CommandRefused(
      'plan-rejected',
      `Plan ${short(current.plan)} was rejected: ${current.reason}. syncline retry makes a new one.`,
    );
  }
  refuseApproval(current);
  const { rollout, revision } = current.request;
  const { plan, by, reason } = command;
  return [{ type: 'PlanApproved', data: { rollout, revision, plan, by, ...(reason && { reason }) } }];
};

/** A no of a person. It is final for the digest. */
export const reject = (state: PlanState, command: Reject): readonly PlanEvent[] => {
  const current = currentPlan(state, command.plan);
  if (current.status === 'rejected') return [];
  if (current.status === 'approved') {
    throw new CommandRefused(
      'plan-approved',
      `Plan ${short(current.plan)} is approved already and may be under way; a newer revision takes its place.`,
    );
  }
  const { rollout, revision } = current.request;
  const { plan, by, reason } = command;
  return [{ type: 'PlanRejected', data: { rollout, revision, plan, by, reason } }];
};
