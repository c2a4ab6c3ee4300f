import type { PlanEvent, PlanReason } from '@syncline/events';

import type { Ending, PlanIn, PlanState, Request } from './state.js';

const hasOpenPlan = (state: PlanState, ending: Ending | undefined): state is PlanIn<'drafted' | 'approved'> =>
  (state.status === 'drafted' || state.status === 'approved') && state.plan !== ending?.plan;

/** Ends the plan that is open, where there is one. `by` is the revision that takes its place. */
export const supersede = (state: PlanState, by: string, ending?: Ending): readonly PlanEvent[] => {
  if (!hasOpenPlan(state, ending)) return [];
  const { rollout, revision } = state.request;
  return [{ type: 'PlanSuperseded', data: { rollout, revision, plan: state.plan, by } }];
};

type Asked = Pick<Request, 'rollout' | 'revision' | 'spec' | 'recorded'>;

/** Asks for a target's plan; what is asked for again from the record is asked for from there. */
export const ask = (request: Asked, reason: PlanReason, note?: string): PlanEvent => {
  const { rollout, revision, spec, recorded } = request;
  return {
    type: 'PlanRequested',
    data: {
      ...{ rollout, revision, reason, spec },
      ...(note !== undefined && { note }),
      ...(recorded && { recorded }),
    },
  };
};

type Stuck = PlanIn<'failed' | 'held' | 'rejected' | 'drafted' | 'approved'>;

/** Whether nothing goes on by itself: it failed, is held, refused or rejected; not what is under way or waits for a person. */
export const isStuck = (state: PlanState, ending: Ending | undefined): state is Stuck =>
  state.status === 'failed' ||
  (state.status === 'held' && state.by !== 'pause') ||
  state.status === 'rejected' ||
  (state.status === 'drafted' && state.refused.length > 0) ||
  (state.status === 'approved' && ending?.plan === state.plan && ending.outcome === 'failed');
