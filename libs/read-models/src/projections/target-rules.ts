import { canonicalInstant, type Stored } from '../projecting/projection.js';
import type { TargetRow } from '../tables/target.js';
import { atRest, isAtRest, replayOf } from './replay-rules.js';

type Planned = TargetRow['openPlanned'];
type Applied = TargetRow['openApplied'];

type Of<Type extends Stored['type']> = Extract<Stored, { type: Type }>;

const drafted = (row: TargetRow, { data }: Of<'PlanDrafted'>): TargetRow => {
  const { plan, revision } = data;
  const common = { ...row, plan, desiredRevision: row.replay ? row.desiredRevision : revision };
  if (data.refused.length > 0) return { ...common, sync: 'Failed', message: data.refused.join('; ') };
  if (row.mode === 'observe') return { ...common, sync: 'Held', message: 'observe mode' };
  return {
    ...common,
    sync: 'AwaitingApproval',
    message: data.needs.length > 0 ? data.needs.join('; ') : null,
  };
};

/** What the planner says moves the target to another sync, whatever an earlier apply is still doing. */
const afterPlanner = (row: TargetRow, event: Stored): TargetRow => {
  switch (event.type) {
    case 'PlanRequested': {
      const { revision, rollout, spec, recorded } = event.data;
      const desiredRevision = recorded?.instead ?? revision;
      const target = { repository: spec.repository, mode: spec.mode, rollout, desiredRevision };
      return {
        ...row,
        ...target,
        replay: replayOf(row.application, recorded, revision),
        sync: 'Planning',
        plan: null,
        message: null,
      };
    }
    case 'PlanHeld':
      return { ...row, sync: 'Held', message: event.data.reason };
    case 'RenderFailed': {
      const { file, line, reason } = event.data;
      const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}  `;
      return { ...row, sync: 'Failed', message: `${place}${reason}` };
    }
    case 'PlanDrafted':
      return drafted(row, event);
    case 'PlanUnchanged':
      return {
        ...row,
        ...{ sync: 'InSync', revision: event.data.revision, plan: row.appliedPlan, message: null },
        desiredRevision: row.replay ? row.desiredRevision : event.data.revision,
      };
    case 'PlanApproved':
      return event.data.plan === row.plan ? { ...row, sync: 'Applying', message: null } : row;
    case 'PlanRejected':
      return event.data.plan === row.plan ? { ...row, sync: 'Held', message: event.data.reason } : row;
    case 'PlanInvalidated':
      return event.data.plan === row.plan
        ? { ...row, sync: 'Planning', plan: null, message: event.data.reason }
        : row;
    default:
      return row;
  }
};

const nameOf = ({ kind, namespace, name }: { kind: string; namespace?: string | undefined; name: string }) =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

const fieldsOf = ({ change, fields, fieldCount }: Of<'DriftDetected'>['data']['objects'][number]): string => {
  if (change !== 'changed') return change;
  const [first] = fields;
  if (!first) return change;
  const holder = first.manager === undefined ? '' : ` by ${first.manager}`;
  return `${first.path}${holder}${fieldCount > 1 ? ` and ${fieldCount - 1} more` : ''}`;
};

const driftMessage = ({ objects, objectCount }: Of<'DriftDetected'>['data']): string => {
  const named = objects.map((one) => `${nameOf(one.object)} ${fieldsOf(one)}`);
  const rest = objectCount - objects.length;
  return [...named, ...(rest > 0 ? [`${rest} more objects`] : [])].join('; ');
};

/** Drift is told of a target that is otherwise as it should be; what is under way or stuck says more. */
const drifted = (row: TargetRow, { data }: Of<'DriftDetected'>): TargetRow => {
  const isTold = isAtRest(row) || row.sync === 'Drifted';
  if (!isTold || data.plan !== row.appliedPlan) return row;
  return { ...row, sync: 'Drifted', message: driftMessage(data) };
};

/** What the applier says of the plan that is wanted; of an older one only what it left applied counts. */
export const syncAfter = (row: TargetRow, event: Stored): TargetRow => {
  switch (event.type) {
    case 'ApplyStarted':
      return event.data.plan === row.plan ? { ...row, sync: 'Applying', message: null } : row;
    case 'ApplyErrored':
      return event.data.plan === row.plan ? { ...row, sync: 'Applying', message: event.data.reason } : row;
    case 'ApplyFailed':
      return event.data.plan === row.plan ? { ...row, sync: 'Failed', message: event.data.reason } : row;
    case 'ApplySucceeded': {
      const applied = { ...row, revision: event.data.revision, appliedPlan: event.data.plan };
      return event.data.plan === row.plan ? atRest(applied) : applied;
    }
    case 'DriftDetected':
      return drifted(row, event);
    case 'DriftHealed':
      return row.sync === 'Drifted' ? atRest(row) : row;
    case 'PlanUnchanged':
      return atRest(afterPlanner(row, event));
    default:
      return afterPlanner(row, event);
  }
};

/** By whom the plan that is wanted was approved, after an event; what begins anew was approved by nobody yet. */
const approvedBy = (row: TargetRow, event: Stored): string | null => {
  if (event.type === 'PlanApproved' && event.data.plan === row.plan) return event.data.by;
  return event.type === 'PlanApproved' || event.type === 'PlanRejected' || event.type === 'PlanHeld'
    ? row.openPlanned.approvedBy
    : null;
};

/** What the planner says of a target after an event, as far as it goes without the applier; the same where it says no more. */
export const plannedAfter = (row: TargetRow, event: Stored): Planned => {
  const { openPlanned: before } = row;
  const own: TargetRow = { ...row, sync: before.intent, message: before.message };
  const after = afterPlanner(own, event);
  if (after === own) return before;
  const { sync: intent, desiredRevision, plan, message, mode, rollout, repository } = after;
  const said = { intent, desiredRevision, plan, message, mode, rollout, repository };
  const replay = event.type === 'PlanRequested' ? after.replay : before.replay;
  const found = event.type === 'PlanUnchanged' && {
    foundRevision: event.data.revision,
    foundSequence: event.position.sequence,
  };
  return { ...before, ...said, ...found, replay, approvedBy: approvedBy(row, event) };
};

/** What a target holds where nothing of it is drifted. */
export const noDrift = {
  ...{ driftMessage: null, driftSequence: 0 },
  ...{ driftSince: null, driftObjects: null, driftDocument: null },
} as const;

const driftOf = ({ data, position }: Of<'DriftDetected'>) => ({
  driftMessage: driftMessage(data),
  driftSequence: position.sequence,
  driftSince: canonicalInstant(data.firstSeen),
  driftObjects: data.objectCount,
  driftDocument: data.document.digest,
});

/** What a target holds after an event, and how the last attempt on it stands; the same where the event does not say. */
export const appliedAfter = (before: Applied, event: Stored): Applied => {
  const { sequence } = event.position;
  const ended = (outcome: NonNullable<Applied['outcome']>, of: string, outcomeMessage: string | null) => ({
    ...before,
    ...{ outcome, outcomeOf: of, outcomeMessage, outcomeSequence: sequence },
  });
  switch (event.type) {
    case 'ApplyStarted':
      return ended('Applying', event.data.plan, null);
    case 'ApplyErrored':
      return ended('Applying', event.data.plan, event.data.reason);
    case 'ApplyFailed':
      return ended('Failed', event.data.plan, event.data.reason);
    case 'ApplySucceeded': {
      const { plan, revision, manifests } = event.data;
      const holds = { revision, appliedPlan: plan, appliedSequence: sequence, manifests: manifests.digest };
      return { ...ended('InSync', plan, null), ...holds };
    }
    case 'DriftDetected':
      return event.data.plan === before.appliedPlan ? { ...before, ...driftOf(event) } : before;
    case 'DriftHealed':
      return { ...before, ...noDrift };
    default:
      return before;
  }
};

/** Health as it was last said, with the objects that cause it where it is not Current. */
export const healthAfter = (row: TargetRow, event: Stored): TargetRow => {
  if (event.type !== 'HealthTransitioned') return row;
  const { to, plan, objects } = event.data;
  const causes = objects.map(({ object, message }) => `${nameOf(object)}: ${message}`).join('; ');
  return {
    ...row,
    health: to,
    healthPlan: plan,
    healthMessage: to === 'Current' || causes === '' ? null : causes,
  };
};
