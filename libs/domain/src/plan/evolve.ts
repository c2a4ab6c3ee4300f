import { formatPosition } from '@syncline/kernel';

import { mostHeals } from './healing.js';
import { requestOf, type LoggedPlanEvent, type PlanData, type PlanState, type Request } from './state.js';

const requested = (
  state: PlanState,
  event: Extract<LoggedPlanEvent, { type: 'PlanRequested' }>,
): PlanState => {
  const { rollout, revision, spec, reason, recorded } = event.data;
  const before = requestOf(state);
  const again = reason === 'stale' || reason === 'cluster-returned' || reason === 'retry';
  const own = event.correlationId ?? '';
  const goesOn = again || reason === 'resumed';
  const heals = reason === 'heal' || (goesOn && before?.heals === true);
  const former = heals || goesOn ? (before?.healedAt ?? []) : [];
  return {
    status: 'requested',
    request: {
      rollout,
      revision,
      spec,
      position: event.position ? formatPosition(event.position) : '',
      correlationId: again ? (before?.correlationId ?? own) : own,
      heals,
      healedAt: reason === 'heal' ? [...former, event.occurredAt ?? ''].slice(-mostHeals) : former,
      stale: reason === 'stale' ? (before?.stale ?? 0) + 1 : 0,
      ...(recorded && { recorded }),
    },
  };
};

const drafted = (request: Request, data: PlanData<'PlanDrafted'>): PlanState => {
  const { plan, needs, refused } = data;
  return { status: 'drafted', request, plan, needs, refused };
};

/** What an event means where a request is current. */
const evolveRequest = (state: PlanState, request: Request, event: LoggedPlanEvent): PlanState => {
  switch (event.type) {
    case 'PlanHeld':
      return { status: 'held', request, reason: event.data.reason, by: event.data.by };
    case 'RenderFailed':
      return { status: 'failed', request, reason: event.data.reason };
    case 'PlanUnchanged':
      return { status: 'unchanged', request };
    case 'PlanDrafted':
      return drafted(request, event.data);
    case 'PlanApproved':
      return { status: 'approved', request, plan: event.data.plan };
    case 'PlanRejected':
      return { status: 'rejected', request, plan: event.data.plan, reason: event.data.reason };
    case 'PlanInvalidated':
    case 'PlanSuperseded':
    case 'PlanRequested':
    case 'ReplayRequested':
    case 'UndeleteRequested':
    case 'ReplayEnded':
    case 'TargetReleased':
      return state;
    default:
      return event satisfies never;
  }
};

/** Folds one event; total over any order of known events. */
export const evolve = (state: PlanState, event: LoggedPlanEvent): PlanState => {
  if (event.type === 'PlanRequested') return requested(state, event);
  if (event.type === 'TargetReleased') return { status: 'released' };
  const request = requestOf(state);
  return request ? evolveRequest(state, request, event) : state;
};
