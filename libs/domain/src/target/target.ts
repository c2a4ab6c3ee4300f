import type { TargetEvent } from '@syncline/events';
import { CommandRefused, type Aggregate, type Decider } from '@syncline/kernel';

import { attributed, drifted, healed, undrifted } from './drift.js';
import { evolve } from './evolve.js';
import type { Attempt, LoggedTargetEvent, TargetCommand, TargetData, TargetState } from './state.js';

type Command<Type extends TargetCommand['type']> = Extract<TargetCommand, { type: Type }>;
type Applying = Extract<TargetState, { status: 'applying' }>;

/** Why an attempt is closed that a crash left open. */
const interrupted = 'The applier ended before the apply did.';

const namesOf = ({ attempt, plan, revision }: Attempt): Attempt => ({ attempt, plan, revision });

/** Closes what is open before another attempt takes its place. */
const closing = (state: TargetState, next: TargetData<'ApplyStarted'>): readonly TargetEvent[] => {
  if (state.status !== 'applying') return [];
  const names = namesOf(state.open);
  if (state.open.plan !== next.plan) {
    return [{ type: 'ApplyAborted', data: { ...names, reason: `${interrupted} A newer plan is current.` } }];
  }
  return [
    {
      type: 'ApplyErrored',
      data: { ...names, code: 'interrupted', reason: interrupted, retryInSeconds: 0 },
    },
  ];
};

/** A plan is carried out once: whatever ended it, another apply takes another plan. */
const begin = (state: TargetState, { data }: Command<'begin'>): readonly TargetEvent[] => {
  if (state.status === 'applying' && state.open.attempt === data.attempt) return [];
  if (state.status === 'errored' && state.last.attempt === data.attempt) return [];
  if (state.status === 'ended' && state.last.plan === data.plan) return [];
  if (data.fence < state.held.fence) {
    throw new CommandRefused(
      'fence-passed',
      `An apply began at ${state.held.fence} of the plan's subject; one that checked at ${data.fence} is late.`,
    );
  }
  return [...closing(state, data), { type: 'ApplyStarted', data }];
};

/** The open attempt, where it is the named one; undefined where that one has just ended; refuses any other. */
const openAttempt = (state: TargetState, attempt: string): Applying | undefined => {
  if (state.status === 'applying' && state.open.attempt === attempt) return state;
  if ((state.status === 'ended' || state.status === 'errored') && state.last.attempt === attempt)
    return undefined;
  throw new CommandRefused(
    'attempt-ended',
    `The apply ${attempt} is no longer open; another took its place.`,
  );
};

const about = (
  state: TargetState,
  attempt: string,
  event: (open: Applying['open']) => readonly TargetEvent[],
): readonly TargetEvent[] => {
  const applying = openAttempt(state, attempt);
  return applying ? event(applying.open) : [];
};

/** Health counts for the plan that was last carried out, and not while another is; see ADR 3. */
const observe = (state: TargetState, command: Command<'observe-health'>): readonly TargetEvent[] => {
  const { applied, health } = state.held;
  const { plan, objects, objectCount } = command;
  const isCounted = state.status !== 'applying' && state.status !== 'orphaned' && applied?.plan === plan;
  if (!isCounted) return [];
  const from = health?.plan === plan ? health.word : undefined;
  if (from === command.health) return [];
  const { revision } = applied;
  return [
    {
      type: 'HealthTransitioned',
      data: { revision, plan, from: from ?? 'Unknown', to: command.health, objects, objectCount },
    },
  ];
};

const orphan = (state: TargetState, { reason, objects }: Command<'orphan'>): readonly TargetEvent[] => {
  if (state.status === 'idle' || state.status === 'orphaned') return [];
  const aborted: readonly TargetEvent[] =
    state.status === 'applying' ? [{ type: 'ApplyAborted', data: { ...namesOf(state.open), reason } }] : [];
  return [...aborted, { type: 'TargetOrphaned', data: { reason, objects } }];
};

const decide = (state: TargetState, command: TargetCommand): readonly TargetEvent[] =>
  'results' in command
    ? [...decideOne(state, command.results), ...decideOne(state, command)]
    : decideOne(state, command);

const decideOne = (state: TargetState, command: TargetCommand): readonly TargetEvent[] => {
  const of = (event: (open: Applying['open']) => readonly TargetEvent[]): readonly TargetEvent[] =>
    'data' in command ? about(state, command.data.attempt, event) : [];
  switch (command.type) {
    case 'begin':
      return begin(state, command);
    case 'record-applied':
      return of((open) =>
        open.applied ? [] : [{ type: 'ObjectsApplied', data: { ...namesOf(open), ...command.data } }],
      );
    case 'record-pruned':
      return of((open) =>
        open.pruned ? [] : [{ type: 'ObjectsPruned', data: { ...namesOf(open), ...command.data } }],
      );
    case 'succeed':
      return of((open) => [
        { type: 'ApplySucceeded', data: { ...namesOf(open), ...command.data } },
        ...healed(state, command, command.heals ? 'heal' : 'apply'),
      ]);
    case 'fail':
      return of((open) => [{ type: 'ApplyFailed', data: { ...namesOf(open), ...command.data } }]);
    case 'break-off':
      return of((open) => [{ type: 'ApplyErrored', data: { ...namesOf(open), ...command.data } }]);
    case 'abort':
      return of((open) => [{ type: 'ApplyAborted', data: { ...namesOf(open), ...command.data } }]);
    case 'find-stale':
      return of((open) => [{ type: 'PlanFoundStale', data: { ...namesOf(open), ...command.data } }]);
    case 'observe-health':
      return observe(state, command);
    case 'observe-drift':
      return drifted(state, command);
    case 'attribute-drift':
      return attributed(state, command);
    case 'observe-no-drift':
      return undrifted(state, command);
    case 'orphan':
      return orphan(state, command);
    default:
      return command satisfies never;
  }
};

const decider: Decider<TargetState, TargetCommand, LoggedTargetEvent> = {
  initial: { status: 'idle', held: { fence: 0 } },
  decide,
  evolve,
};

/** `ev.cluster.<cluster>.target.<project>.<app>`: what an applier does to a target, and what became of it. */
export const targetAggregate: Aggregate<TargetState, TargetCommand, LoggedTargetEvent> = {
  name: 'target',
  version: 3,
  decider,
};
