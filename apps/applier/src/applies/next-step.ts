import type { TargetState } from '@syncline/domain';

import type { ApprovedPlan, CurrentPlan } from './current-plan.js';

/** What is to be done about a target now. */
export type NextStep =
  | { readonly do: 'nothing' }
  /** An attempt is open whose plan is no longer the newest approved one, and nobody is at work on it. */
  | { readonly do: 'close'; readonly attempt: string; readonly reason: string }
  | { readonly do: 'orphan'; readonly reason: string }
  | { readonly do: 'apply'; readonly approved: ApprovedPlan };

/** Why a plan that was being carried out is no longer to be; undefined where it still is. */
export const reasonToStop = (current: CurrentPlan, plan: string): string | undefined => {
  if (current.status === 'approved' && current.parts.plan === plan) return undefined;
  if (current.status === 'released') return 'The target was released.';
  return 'A newer plan took the place of this one.';
};

/** Compares what is wanted with what was done. A plan is carried out once, whatever ended it. */
export const nextStep = (current: CurrentPlan, target: TargetState): NextStep => {
  if (current.status === 'released') {
    const isNothing = target.status === 'idle' || target.status === 'orphaned';
    return isNothing ? { do: 'nothing' } : { do: 'orphan', reason: current.reason };
  }
  if (target.status === 'applying') {
    const reason = reasonToStop(current, target.open.plan);
    if (reason !== undefined && current.status !== 'approved')
      return { do: 'close', attempt: target.open.attempt, reason };
  }
  if (current.status !== 'approved') return { do: 'nothing' };
  const isDone = target.status === 'ended' && target.last.plan === current.parts.plan;
  return isDone ? { do: 'nothing' } : { do: 'apply', approved: current };
};
