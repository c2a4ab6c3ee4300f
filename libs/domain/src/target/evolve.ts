import type { BlobRef } from '@syncline/kernel';

import type {
  Attempt,
  Holdings,
  KnownDrift,
  LoggedTargetEvent,
  OpenDrift,
  TargetData,
  TargetOutcome,
  TargetState,
} from './state.js';

const attemptOf = ({ attempt, plan, revision }: Attempt): Attempt => ({ attempt, plan, revision });

/** An inventory holds what every attempt before it has made. */
const holding = (held: Holdings, inventory: BlobRef | undefined): Holdings => {
  if (!inventory) return held;
  const settled: { unsettled?: readonly string[] } & Holdings = { ...held, inventory };
  delete settled.unsettled;
  return settled;
};

const ended = (
  { held }: TargetState,
  data: Attempt & { readonly inventory?: BlobRef | undefined },
  outcome: TargetOutcome,
): TargetState => ({
  status: 'ended',
  last: attemptOf(data),
  outcome,
  held: holding(held, data.inventory),
});

const errorsOf = (state: TargetState, plan: string): number => {
  if (state.status === 'applying') return state.open.plan === plan ? state.errors : 0;
  return state.status === 'errored' && state.last.plan === plan ? state.errors : 0;
};

const started = (state: TargetState, data: TargetData<'ApplyStarted'>): TargetState => ({
  status: 'applying',
  open: { ...attemptOf(data), applied: false, pruned: false },
  errors: errorsOf(state, data.plan),
  held: {
    ...state.held,
    fence: Math.max(state.held.fence, data.fence),
    unsettled: [...new Set([...(state.held.unsettled ?? []), data.plan])],
  },
});

const recorded = (state: TargetState, attempt: string, part: 'applied' | 'pruned'): TargetState =>
  state.status === 'applying' && state.open.attempt === attempt
    ? { ...state, open: { ...state.open, [part]: true } }
    : state;

const succeeded = (
  state: TargetState,
  event: Extract<LoggedTargetEvent, { type: 'ApplySucceeded' }>,
): TargetState => {
  const { plan, revision, render, manifests } = event.data;
  const applied = {
    plan,
    revision,
    render,
    manifests,
    at: event.occurredAt ?? '',
    correlationId: event.correlationId ?? '',
  };
  const next = ended(state, event.data, 'succeeded');
  return { ...next, held: { ...next.held, applied } };
};

const withDrift = (state: TargetState, drift: OpenDrift | undefined): TargetState => {
  const held: { drift?: OpenDrift } & Holdings = { ...state.held };
  delete held.drift;
  return { ...state, held: drift ? { ...held, drift } : held };
};

const mostKnown = 5;
const mostAttributed = 60;

/** A drift is known by its first sight; what is attributed to it adds up. */
const withKnown = (state: TargetState, drift: KnownDrift): TargetState => {
  const all = state.held.lately ?? [];
  const known = all.find(({ firstSeen }) => firstSeen === drift.firstSeen);
  const attributed = [...(known?.attributed ?? []), ...drift.attributed].slice(-mostAttributed);
  const lately = [...all.filter((one) => one !== known), { ...drift, attributed }].slice(-mostKnown);
  return { ...state, held: { ...state.held, lately } };
};

/** Folds one event; total over any order of known events. */
export const evolve = (state: TargetState, event: LoggedTargetEvent): TargetState => {
  switch (event.type) {
    case 'ApplyStarted':
      return started(state, event.data);
    case 'ObjectsApplied':
      return recorded(state, event.data.attempt, 'applied');
    case 'ObjectsPruned':
      return recorded(state, event.data.attempt, 'pruned');
    case 'ApplySucceeded':
      return succeeded(state, event);
    case 'ApplyFailed':
      return ended(state, event.data, 'failed');
    case 'ApplyErrored':
      return {
        status: 'errored',
        last: attemptOf(event.data),
        errors: errorsOf(state, event.data.plan) + 1,
        held: holding(state.held, event.data.inventory),
      };
    case 'ApplyAborted':
      return ended(state, event.data, 'aborted');
    case 'PlanFoundStale':
      return ended(state, event.data, 'stale');
    case 'HealthTransitioned':
      return { ...state, held: { ...state.held, health: { plan: event.data.plan, word: event.data.to } } };
    case 'TargetOrphaned':
      // What is ours no more drifts no more.
      return withDrift({ status: 'orphaned', held: state.held }, undefined);
    case 'DriftDetected': {
      const { plan, revision, firstSeen, document } = event.data;
      const next = withDrift(state, { plan, revision, firstSeen, document: document.digest });
      return withKnown(next, { plan, revision, firstSeen, attributed: [] });
    }
    case 'DriftAttributed': {
      const { plan, revision, firstSeen, writes } = event.data;
      return withKnown(state, { plan, revision, firstSeen, attributed: writes.map(({ audit }) => audit) });
    }
    case 'DriftHealed':
      return withDrift(state, undefined);
    default:
      return event satisfies never;
  }
};
