import type { PlanEvent } from '@syncline/events';

import { ask } from './asking.js';
import { requestOf, type PlanCommand, type PlanState } from './state.js';

/** So many heals within {@link healWindowMinutes} are a fight with whoever changes the target: the next one waits. */
export const mostHeals = 5;
/** See {@link mostHeals}. */
export const healWindowMinutes = 10;

type Heal = Extract<PlanCommand, { type: 'heal' }>;

/** Whether the target rests at the plan that is drifted from. */
const isAtRest = (state: PlanState, { plan, ending }: Heal): boolean => {
  if (ending?.plan !== plan || ending.outcome !== 'succeeded') return false;
  return state.status === 'unchanged' || (state.status === 'approved' && state.plan === plan);
};

const isFight = (healedAt: readonly string[], at: string): boolean => {
  const since = Date.parse(at) - healWindowMinutes * 60_000;
  return healedAt.filter((time) => Date.parse(time) > since).length >= mostHeals;
};

/**
 * Drift is undone where the application asks for it, by a plan of what was applied last. What comes back again and again is
 * held, because somebody else means it: every heal would only be another line in the log.
 */
export const heal = (state: PlanState, command: Heal): readonly PlanEvent[] => {
  const request = requestOf(state);
  if (!request || !isAtRest(state, command)) return [];
  const { rollout, revision, spec, healedAt } = request;
  if (spec.drift !== 'heal' || spec.mode === 'observe') return [];
  if (!isFight(healedAt, command.at)) return [ask(request, 'heal')];
  const reason =
    `Healed ${mostHeals} times within ${healWindowMinutes} minutes, and it drifts again: ${command.what}. ` +
    'Find out who changes it; syncline retry heals it once more.';
  return [
    {
      type: 'PlanHeld',
      data: { rollout, revision, by: 'cluster', reason: reason.slice(0, 500), since: command.at },
    },
  ];
};
