import type { RestoredTarget, RestoreEvent } from '@syncline/events';
import type { Aggregate, Decider, StoredEvent } from '@syncline/kernel';

import type { MemberProgress } from '../application/state.js';

type Requested = Extract<RestoreEvent, { type: 'RestoreRequested' }>['data'];
type Step = Requested['steps'][number];

/** A restore's event as the log gives it. */
type LoggedRestoreEvent = RestoreEvent & Partial<Pick<StoredEvent, 'position'>>;

/** A restore as far as its next step depends on it. */
export type RestoreState =
  | { readonly status: 'absent' }
  | {
      readonly status: 'running' | 'halted' | 'completed';
      readonly restore: string;
      readonly by: string;
      readonly reason?: string;
      readonly steps: readonly Step[];
      /** Index of the open step, and the sequence at which it was opened. */
      readonly step: number;
      readonly openedAt: number;
    };

/** How far each target of the open step is, by {@link restoredName}. */
export type RestoreProgress = Readonly<Record<string, MemberProgress>>;

export type RestoreCommand =
  | { readonly type: 'restore'; readonly data: Requested }
  | { readonly type: 'observe'; readonly step: number; readonly progress: RestoreProgress };

/** `project/application on cluster` */
export const restoredName = ({
  project,
  application,
  cluster,
}: Pick<RestoredTarget, 'project' | 'application' | 'cluster'>): string =>
  `${project}/${application} on ${cluster}`;

const open = (restore: string, steps: readonly Step[], step: number): readonly RestoreEvent[] => {
  const next = steps[step];
  return next
    ? [{ type: 'RestoreStepOpened', data: { restore, step, name: next.name } }]
    : [{ type: 'RestoreCompleted', data: { restore } }];
};

const observe = (
  state: RestoreState,
  { step, progress }: Extract<RestoreCommand, { type: 'observe' }>,
): readonly RestoreEvent[] => {
  if (state.status === 'absent' || state.status === 'completed' || state.step !== step) return [];
  const { restore, steps } = state;
  const names = (steps[step]?.targets ?? []).map(restoredName);
  for (const name of names) {
    const one = progress[name];
    if (one?.status !== 'failed') continue;
    const { reason } = one;
    return state.status === 'halted'
      ? []
      : [{ type: 'RestoreHalted', data: { restore, step, target: name, reason: reason.slice(0, 500) } }];
  }
  return names.every((name) => progress[name]?.status === 'done') ? open(restore, steps, step + 1) : [];
};

const decide = (state: RestoreState, command: RestoreCommand): readonly RestoreEvent[] => {
  switch (command.type) {
    case 'restore': {
      if (state.status !== 'absent') return [];
      const { restore, steps } = command.data;
      return [{ type: 'RestoreRequested', data: command.data }, ...open(restore, steps, 0)];
    }
    case 'observe':
      return observe(state, command);
    default:
      return command satisfies never;
  }
};

const evolve = (state: RestoreState, event: LoggedRestoreEvent): RestoreState => {
  if (event.type === 'RestoreRequested') {
    const { restore, by, reason, steps } = event.data;
    return {
      status: 'running',
      restore,
      by,
      ...(reason !== undefined && { reason }),
      steps,
      step: 0,
      openedAt: 0,
    };
  }
  if (state.status === 'absent') return state;
  switch (event.type) {
    case 'RestoreStepOpened':
      return {
        ...state,
        ...{ status: 'running', step: event.data.step, openedAt: event.position?.sequence ?? 0 },
      };
    case 'RestoreHalted':
      return { ...state, status: 'halted' };
    case 'RestoreCompleted':
      return { ...state, status: 'completed' };
    default:
      return event satisfies never;
  }
};

const decider: Decider<RestoreState, RestoreCommand, LoggedRestoreEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};

/** `ev.restore.<restore>`: targets that become again what they were at an instant, one step after the other. */
export const restoreAggregate: Aggregate<RestoreState, RestoreCommand, LoggedRestoreEvent> = {
  name: 'restore',
  version: 1,
  decider,
};
