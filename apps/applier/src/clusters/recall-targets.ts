import { targetAggregate, type LoggedTargetEvent, type TargetState } from '@syncline/domain';
import { encodeToken, parseTargetSubject, type TargetName } from '@syncline/events';
import { fold, type EventLog, type LogEntry } from '@syncline/kernel';

import { currentPlan, type CurrentPlan } from '../applies/current-plan.js';
import { nextStep } from '../applies/next-step.js';

/** A target as the log tells of it. */
export type RecalledTarget = {
  readonly target: TargetName;
  readonly state: TargetState;
  readonly current: CurrentPlan;
  /** Whether something is to be done: an approved plan to carry out, an attempt that a crash left open. */
  readonly isOpen: boolean;
};

type Parts = { readonly target: TargetName; state: TargetState; current: CurrentPlan };

/**
 * Folds every target of a cluster in one pass over its history. A subject that this code cannot read is told as far as
 * it could be; work on it halts by name when it is loaded.
 */
export const recallTargets = async (log: EventLog, cluster: string): Promise<readonly RecalledTarget[]> => {
  const token = encodeToken(cluster);
  const recalled = new Map<string, Parts>();
  const filter = { subjects: [`ev.plan.${token}.>`, `ev.cluster.${token}.target.>`] };
  for await (const entry of log.scan(filter)) recall(recalled, entry);
  return [...recalled.values()].map((parts) => ({
    ...parts,
    isOpen: nextStep(parts.current, parts.state).do !== 'nothing',
  }));
};

const recall = (recalled: Map<string, Parts>, { message, events }: LogEntry): void => {
  const target = parseTargetSubject(message.subject);
  if (!target) return;
  const key = `${target.project}/${target.application}`;
  const parts = recalled.get(key) ?? {
    target,
    state: targetAggregate.decider.initial,
    current: currentPlan.decider.initial,
  };
  recalled.set(key, parts);
  if (message.subject.startsWith('ev.plan.'))
    parts.current = fold(currentPlan.decider, events as never, parts.current);
  else parts.state = fold(targetAggregate.decider, events as unknown as LoggedTargetEvent[], parts.state);
};
