import type { TargetEvent } from '@syncline/events';

import type { Applied, TargetCommand, TargetData, TargetState } from './state.js';

type Command<Type extends TargetCommand['type']> = Extract<TargetCommand, { type: Type }>;

/** What was carried out last, where that is what drift is seen against; nothing is said while an apply is under way. */
const judged = (state: TargetState, plan: string): Applied | undefined => {
  const { applied } = state.held;
  const isQuiet = state.status !== 'applying' && state.status !== 'orphaned';
  return isQuiet && applied?.plan === plan ? applied : undefined;
};

const secondsBetween = (from: string, to: string): number => {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
};

/** Drift is said when it begins, and again when it is another one; it is as old as its first sight. */
export const drifted = (
  state: TargetState,
  { plan, at, drift }: Command<'observe-drift'>,
): readonly TargetEvent[] => {
  const applied = judged(state, plan);
  if (!applied) return [];
  const open = state.held.drift;
  if (open?.plan === plan && open.document === drift.document.digest) return [];
  const firstSeen = open?.firstSeen ?? at;
  return [{ type: 'DriftDetected', data: { revision: applied.revision, plan, firstSeen, ...drift } }];
};

/** Ends a drift that is open. */
export const healed = (
  { held }: TargetState,
  { at, manager, meanwhile }: Pick<Command<'observe-no-drift'>, 'at' | 'manager' | 'meanwhile'>,
  by: TargetData<'DriftHealed'>['by'],
): readonly TargetEvent[] => {
  if (!held.drift) return [];
  const { plan, revision, firstSeen } = held.drift;
  const lifetimeSeconds = secondsBetween(firstSeen, at);
  const who = { by, ...(manager !== undefined && { manager }), ...(meanwhile && { meanwhile }) };
  return [{ type: 'DriftHealed', data: { revision, plan, firstSeen, lifetimeSeconds, ...who } }];
};

const mostWrites = 20;

/** Names who made the writes of a drift of late: each write once. */
export const attributed = (
  { held }: TargetState,
  { firstSeen, writes }: Command<'attribute-drift'>,
): readonly TargetEvent[] => {
  const known = held.lately?.find((one) => one.firstSeen === firstSeen);
  const fresh = writes.filter(({ audit }) => known && !known.attributed.includes(audit)).slice(0, mostWrites);
  if (!known || fresh.length === 0) return [];
  const { plan, revision } = known;
  return [{ type: 'DriftAttributed', data: { revision, plan, firstSeen, writes: fresh } }];
};

/** What is live is what was applied last, and nobody of ours made it so. */
export const undrifted = (
  state: TargetState,
  command: Command<'observe-no-drift'>,
): readonly TargetEvent[] =>
  judged(state, command.plan)
    ? healed(state, command, command.isIgnored === true ? 'ignored' : 'cluster')
    : [];
