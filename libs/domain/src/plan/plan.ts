import type { PlanEvent } from '@syncline/events';
import { canonicalJson, type Aggregate, type Decider } from '@syncline/kernel';

import { approve, reject } from './approvals.js';
import { ask, isStuck, supersede } from './asking.js';
import { evolve } from './evolve.js';
import { heal } from './healing.js';
import { heldByPause, isUnderWay } from './pausing.js';
import { endReplay, replay, undelete } from './replays.js';
import { requestOf, type LoggedPlanEvent, type PlanCommand, type PlanState } from './state.js';
import type { Request } from './state.js';

type Command<Type extends PlanCommand['type']> = Extract<PlanCommand, { type: Type }>;

/** A live state that voids this many plans in a row does not keep still; asking on would only fill the log. */
const stalePlansInARow = 5;

/**
 * A target that is already asked to become just this goes on undisturbed, whatever rollout asks; so does one that runs something
 * of the record in place of it.
 */
const request = (state: PlanState, command: Command<'request'>): readonly PlanEvent[] => {
  const current = requestOf(state);
  const wanted = current?.recorded?.instead ?? current?.revision;
  const same =
    current !== undefined &&
    wanted === command.revision &&
    canonicalJson(current.spec) === canonicalJson(command.spec);
  if (same) return [];
  const { rollout, revision, paused } = command;
  return [
    ...supersede(state, revision, command.ending),
    ask(command, command.reason),
    ...(paused ? [heldByPause({ rollout, revision }, paused)] : []),
  ];
};

/** An answer counts only for the request that is current; a late one decides nothing. */
const answer = (
  state: PlanState,
  position: string,
  events: (request: Request) => readonly PlanEvent[],
): readonly PlanEvent[] =>
  state.status === 'requested' && state.request.position === position ? events(state.request) : [];

const draft = (
  { rollout, revision, spec, heals }: Request,
  { draft: drafted }: Command<'draft'>,
): readonly PlanEvent[] => {
  const common = { rollout, revision };
  const plan: PlanEvent = { type: 'PlanDrafted', data: { ...common, ...drafted } };
  // What heals was approved when it was applied.
  const mayRule = spec.mode === 'automatic' || (heals && spec.mode === 'approval');
  const byRule = mayRule && drafted.needs.length === 0 && drafted.refused.length === 0;
  const by = heals ? 'rule:heal' : 'rule:automatic';
  return byRule ? [plan, { type: 'PlanApproved', data: { ...common, plan: drafted.plan, by } }] : [plan];
};

const findStale = (state: PlanState, command: Command<'find-stale'>): readonly PlanEvent[] => {
  if (state.status !== 'approved' || state.plan !== command.plan) return [];
  const { rollout, revision, stale } = state.request;
  const { plan, reason, since } = command;
  const common = { rollout, revision };
  const next: PlanEvent =
    stale + 1 < stalePlansInARow
      ? ask(state.request, 'stale')
      : {
          type: 'PlanHeld',
          data: {
            ...common,
            by: 'cluster',
            reason:
              `The live state changed under ${stale + 1} plans in a row, the last time: ${reason}`.slice(
                0,
                500,
              ),
            since,
          },
        };
  return [{ type: 'PlanInvalidated', data: { ...common, plan, reason } }, next];
};

/** In states of earlier versions it is not said what a held target waits for: always the cluster. */
const waitsForCluster = (state: PlanState): state is Extract<PlanState, { status: 'held' }> =>
  state.status === 'held' && (state.by ?? 'cluster') === 'cluster';

/** What failed, is held, refused or rejected is planned anew; what is under way or waits for a person is not. */
const retry = (state: PlanState, { ending, note }: Command<'retry'>): readonly PlanEvent[] => {
  if (!isStuck(state, ending)) return [];
  return [...supersede(state, state.request.revision, ending), ask(state.request, 'retry', note)];
};

/**
 * What rests or waits for a person is planned anew; what is under way or held is planned with what is known now anyway, and what
 * is of the record asks nothing of the cluster.
 */
const replan = (state: PlanState, { ending }: Command<'replan'>): readonly PlanEvent[] => {
  const rests =
    state.status === 'unchanged' ||
    state.status === 'failed' ||
    state.status === 'drafted' ||
    (state.status === 'approved' && ending?.plan === state.plan && ending.outcome === 'succeeded');
  if (!rests || state.request.recorded) return [];
  return [...supersede(state, state.request.revision, ending), ask(state.request, 'capabilities')];
};

/** What is under way stops and is held: an apply at its next safe point, because its plan is superseded. */
const pause = (state: PlanState, command: Command<'pause'>): readonly PlanEvent[] => {
  if (!isUnderWay(state, command.ending)) return [];
  const { revision } = state.request;
  return [...supersede(state, revision, command.ending), heldByPause(state.request, command)];
};

const release = (state: PlanState, { reason, revision }: Command<'release'>): readonly PlanEvent[] =>
  requestOf(state)
    ? [...supersede(state, revision), { type: 'TargetReleased', data: { reason, revision } }]
    : [];

/** What planning a target came to. */
const outcome = (
  state: PlanState,
  command: Command<'hold' | 'fail' | 'find-unchanged' | 'draft'>,
): readonly PlanEvent[] => {
  switch (command.type) {
    case 'hold': {
      const { by, reason, since } = command;
      return answer(state, command.request, ({ rollout, revision }) => [
        { type: 'PlanHeld', data: { rollout, revision, by, reason, since } },
      ]);
    }
    case 'fail': {
      const { reason, file, line } = command;
      return answer(state, command.request, ({ rollout, revision }) => [
        {
          type: 'RenderFailed',
          data: { rollout, revision, reason, ...(file !== undefined && { file }), ...(line && { line }) },
        },
      ]);
    }
    case 'find-unchanged':
      return answer(state, command.request, ({ rollout, revision }) => [
        { type: 'PlanUnchanged', data: { rollout, revision, render: command.render } },
      ]);
    case 'draft':
      return answer(state, command.request, (current) => draft(current, command));
    default:
      return command satisfies never;
  }
};

const decide = (state: PlanState, command: PlanCommand): readonly PlanEvent[] => {
  switch (command.type) {
    case 'request':
      return request(state, command);
    case 'hold':
    case 'fail':
    case 'find-unchanged':
    case 'draft':
      return outcome(state, command);
    case 'find-stale':
      return findStale(state, command);
    case 'heal':
      return heal(state, command);
    case 'return':
      return waitsForCluster(state) ? [ask(state.request, 'cluster-returned')] : [];
    case 'pause':
      return pause(state, command);
    case 'resume':
      return state.status === 'held' && state.by === 'pause' ? [ask(state.request, 'resumed')] : [];
    case 'replan':
      return replan(state, command);
    case 'retry':
      return retry(state, command);
    case 'approve':
      return approve(state, command);
    case 'reject':
      return reject(state, command);
    case 'replay':
      return replay(state, command);
    case 'undelete':
      return undelete(state, command);
    case 'end-replay':
      return endReplay(state, command);
    case 'release':
      return release(state, command);
    default:
      return command satisfies never;
  }
};

const decider: Decider<PlanState, PlanCommand, LoggedPlanEvent> = {
  initial: { status: 'idle' },
  decide,
  evolve,
};

/** `ev.plan.<cluster>.<project>.<app>`: what a target is asked to become, and its newest plan. */
export const planAggregate: Aggregate<PlanState, PlanCommand, LoggedPlanEvent> = {
  name: 'plan',
  version: 1,
  decider,
};
