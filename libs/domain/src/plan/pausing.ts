import type { PlanEvent } from '@syncline/events';

import type { Ending, Pause, PlanIn, PlanState, Request } from './state.js';

type UnderWay = PlanIn<'requested' | 'held' | 'drafted' | 'approved'>;

/** Whether something would still happen on the target by itself, or once a person or a cluster allows it. */
export const isUnderWay = (state: PlanState, ending: Ending | undefined): state is UnderWay => {
  switch (state.status) {
    case 'requested':
    case 'drafted':
      return true;
    case 'held':
      return state.by !== 'pause';
    case 'approved':
      return ending?.plan !== state.plan;
    case 'idle':
    case 'released':
    case 'failed':
    case 'unchanged':
    case 'rejected':
      return false;
    default:
      return state satisfies never;
  }
};

/** The target waits until its application is resumed. */
export const heldByPause = (
  { rollout, revision }: Pick<Request, 'rollout' | 'revision'>,
  { reason, since }: Pause,
): PlanEvent => ({
  type: 'PlanHeld',
  data: {
    rollout,
    revision,
    by: 'pause',
    reason: `The application is paused: ${reason}`.slice(0, 500),
    since,
  },
});
