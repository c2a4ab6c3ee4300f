import type { TargetName } from '@syncline/events';

import {
  instantsOf, put, read, targetOf, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import { deploymentTable, type DeploymentRow } from '../tables/deployment.js';

type Of<Type extends Stored['type']> = Extract<Stored, { type: Type }>;

const types = [
  'ApplyStarted', 'ObjectsApplied', 'ObjectsPruned', 'ApplySucceeded', 'ApplyFailed', 'ApplyErrored', 'ApplyAborted', 'PlanFoundStale',
] as const; // prettier-ignore
type OfAttempt = Of<(typeof types)[number]>;
const isOfAttempt = (event: Stored): event is OfAttempt => (types as readonly string[]).includes(event.type);

const started = (event: Of<'ApplyStarted'>, target: TargetName): DeploymentRow => {
  const { attempt, plan, revision } = event.data;
  return {
    ...{ attempt, ...target, plan, revision },
    state: 'Running',
    reason: null,
    outcomes: {},
    correlationId: event.correlationId,
    startedSequence: event.position.sequence,
    startedAt: instantsOf(event).occurredAt,
    endedAt: null,
    ...instantsOf(event),
  };
};

const added = (
  known: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> => {
  const names = [...new Set([...Object.keys(known), ...Object.keys(more)])].sort();
  return Object.fromEntries(names.map((name) => [name, (known[name] ?? 0) + (more[name] ?? 0)]));
};

const after = (row: DeploymentRow, event: Exclude<OfAttempt, Of<'ApplyStarted'>>): DeploymentRow => {
  const endedAt = instantsOf(event).occurredAt;
  switch (event.type) {
    case 'ObjectsApplied':
    case 'ObjectsPruned':
      return { ...row, outcomes: added(row.outcomes, event.data.outcomes) };
    case 'ApplySucceeded':
      return { ...row, state: 'Succeeded', endedAt };
    case 'ApplyFailed':
      return { ...row, state: 'Failed', reason: event.data.reason, endedAt };
    case 'ApplyErrored':
      return { ...row, state: 'Errored', reason: event.data.reason, endedAt };
    case 'ApplyAborted':
      return { ...row, state: 'Aborted', reason: event.data.reason, endedAt };
    case 'PlanFoundStale':
      return { ...row, state: 'Stale', reason: event.data.reason, endedAt };
    default:
      return event satisfies never;
  }
};

const project = (event: Stored, find: Find): readonly Change[] => {
  const target = targetOf(event);
  if (!target || !isOfAttempt(event)) return [];
  if (event.type === 'ApplyStarted') return [put(deploymentTable, started(event, target))];
  const row = find(deploymentTable, { attempt: event.data.attempt, ...target });
  return row ? [put(deploymentTable, { ...after(row, event), ...instantsOf(event) })] : [];
};

/** Every attempt to carry out a plan, and how it ended. */
export const deploymentsProjection: Projection = {
  name: 'deployments',
  version: 1,
  tables: [deploymentTable],
  reads: (event) => {
    const target = targetOf(event);
    return target && isOfAttempt(event)
      ? [read(deploymentTable, { attempt: event.data.attempt, ...target })]
      : [];
  },
  project,
};
