import type { RecordedManifests, TargetSpec } from '@syncline/events';
import { requestOf, type Ending, type MemberProgress, type PlanState } from '@syncline/domain';
import { canonicalJson } from '@syncline/kernel';

import type { Outcome } from './outcome.js';

const failed = (reason: string): MemberProgress => ({ status: 'failed', reason: reason.slice(0, 500) });
const pending: MemberProgress = { status: 'pending' };
const done: MemberProgress = { status: 'done' };

/** Somebody put something of the record there: until it ends, the rollout has nothing to wait for. */
const replaced = ({ kind, plan }: RecordedManifests): string =>
  kind === 'replay'
    ? `It runs a replay of plan ${plan.slice(0, 12)}; another commit, or syncline replay --end, ends that.`
    : 'Objects were brought back that the revision does not have; another commit ends that.';

const applied = (plan: string, outcome: Outcome): MemberProgress => {
  if (outcome.status === 'none' || outcome.plan !== plan) return pending;
  if (outcome.status === 'failed') return failed(outcome.reason);
  if (outcome.health === 'Failed') return failed(outcome.cause ?? 'the target is Failed');
  return outcome.status === 'succeeded' && outcome.health === 'Current' ? done : pending;
};

/**
 * How far a target is on its way to a revision. Only a plan for that revision and that spec counts; an approved one is done
 * when it is applied and the health that was recorded for it is Current.
 */
export const progressOf = (
  plan: PlanState,
  outcome: Outcome,
  wanted: { readonly revision: string; readonly spec: TargetSpec },
): MemberProgress => {
  const request = requestOf(plan);
  if (request?.recorded) return failed(replaced(request.recorded));
  const isWanted =
    request?.revision === wanted.revision && canonicalJson(request.spec) === canonicalJson(wanted.spec);
  return isWanted ? planProgress(plan, outcome) : pending;
};

/** How far a target is on its way to what its newest request asks for. */
export const planProgress = (plan: PlanState, outcome: Outcome): MemberProgress => {
  switch (plan.status) {
    case 'failed':
      return failed(plan.reason);
    case 'rejected':
      return failed(`The plan was rejected: ${plan.reason}`);
    case 'drafted':
      return plan.refused[0] === undefined ? pending : failed(plan.refused[0]);
    case 'unchanged':
      return done;
    case 'approved':
      return applied(plan.plan, outcome);
    case 'idle':
    case 'released':
    case 'requested':
    case 'held':
      return pending;
    default:
      return plan satisfies never;
  }
};

/** How the apply of a plan ended, as far as a target's events say; undefined while it has not. */
export const endingOf = (outcome: Outcome): Ending | undefined =>
  outcome.status === 'succeeded' || outcome.status === 'failed'
    ? { plan: outcome.plan, outcome: outcome.status }
    : undefined;
