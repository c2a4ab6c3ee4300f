import type { Health, TargetEvent } from '@syncline/events';
import type { Aggregate } from '@syncline/kernel';

/** What became of the newest plan that a target's applier took up. */
export type Outcome =
  | { readonly status: 'none' }
  | {
      readonly status: 'applying' | 'succeeded';
      readonly plan: string;
      readonly health?: Health;
      readonly cause?: string;
    }
  | { readonly status: 'failed'; readonly plan: string; readonly reason: string };

type Transition = Extract<TargetEvent, { type: 'HealthTransitioned' }>['data'];

const causeOf = ({ objects }: Transition): string | undefined => {
  const [worst] = objects;
  if (!worst) return undefined;
  const { kind, namespace, name } = worst.object;
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}: ${worst.message}`;
};

const withHealth = (state: Outcome, data: Transition): Outcome => {
  if (state.status === 'none' || state.status === 'failed' || state.plan !== data.plan) return state;
  const cause = causeOf(data);
  return { status: state.status, plan: data.plan, health: data.to, ...(cause !== undefined && { cause }) };
};

const evolve = (state: Outcome, event: TargetEvent): Outcome => {
  switch (event.type) {
    case 'ApplyStarted':
    case 'ApplyErrored':
      return { status: 'applying', plan: event.data.plan };
    case 'ApplySucceeded':
      return {
        ...(state.status === 'applying' && state.plan === event.data.plan ? state : {}),
        status: 'succeeded',
        plan: event.data.plan,
      };
    case 'ApplyFailed':
      return { status: 'failed', plan: event.data.plan, reason: event.data.reason };
    case 'ApplyAborted':
      return { status: 'failed', plan: event.data.plan, reason: event.data.reason };
    case 'HealthTransitioned':
      return withHealth(state, event.data);
    case 'TargetOrphaned':
      return { status: 'none' };
    case 'ObjectsApplied':
    case 'ObjectsPruned':
    case 'PlanFoundStale':
    case 'DriftDetected':
    case 'DriftAttributed':
    case 'DriftHealed':
      return state;
    default:
      return event satisfies never;
  }
};

/** `ev.cluster.<c>.target.<p>.<a>` as the planner reads it; it decides nothing there, the applier does. */
export const outcomeAggregate: Aggregate<Outcome, never, TargetEvent> = {
  name: 'planner-outcome',
  version: 1,
  decider: { initial: { status: 'none' }, decide: () => [], evolve },
};
