import type { DriftedField, MeanwhileChange, PlanEvent, TargetEvent } from '@syncline/events';

import { approver, count, countActions, objectText, short } from './words.js';

/** What an event of a target's plans says. */
export const planText = (event: PlanEvent): string => {
  switch (event.type) {
    case 'PlanRequested':
      return event.data.reason === 'rollout'
        ? 'plan requested'
        : `plan requested anew (${event.data.reason})`;
    case 'ReplayRequested':
    case 'UndeleteRequested':
    case 'ReplayEnded':
      return replayText(event);
    case 'PlanHeld':
      return `held: ${event.data.reason}`;
    case 'RenderFailed':
      return `cannot be rendered: ${placeOf(event.data.file, event.data.line)}${event.data.reason}`;
    case 'PlanDrafted':
      return `planned: ${countActions(event.data.actions)}${whyWaiting(event.data)}`;
    case 'PlanUnchanged':
      return 'nothing to do: it already is what the revision says';
    case 'PlanApproved':
      return `approved by ${approver(event.data.by)}${event.data.reason === undefined ? '' : `: ${event.data.reason}`}`;
    case 'PlanRejected':
      return `rejected by ${approver(event.data.by)}: ${event.data.reason}`;
    case 'PlanInvalidated':
      return `plan void: ${event.data.reason}`;
    case 'PlanSuperseded':
      return `plan superseded by ${short(event.data.by)}`;
    case 'TargetReleased':
      return event.data.reason === 'retired'
        ? 'released, the application was retired'
        : 'released, the cluster left the placement';
    default:
      return event satisfies never;
  }
};

type OfReplay = Extract<PlanEvent, { type: 'ReplayRequested' | 'UndeleteRequested' | 'ReplayEnded' }>;

const replayText = (event: OfReplay): string => {
  const { by, reason, revision } = event.data;
  const why = `${approver(by)}${reason === undefined ? '' : `: ${reason}`}`;
  if (event.type === 'ReplayEnded') return `back to ${short(revision)} by ${why}`;
  if (event.type === 'ReplayRequested') {
    const { plan, cluster, instead } = event.data;
    return `replay of plan ${plan.slice(0, 12)} (${short(revision)}, ${cluster}) in place of ${short(instead)} by ${why}`;
  }
  const { objects, objectCount } = event.data;
  const more = objectCount > objects.length ? ` and ${objectCount - objects.length} more` : '';
  return `undelete of ${objects.map(objectText).join(', ')}${more} by ${why}`;
};

const placeOf = (file?: string, line?: number): string => {
  if (file === undefined) return '';
  return line === undefined ? `${file} ` : `${file}:${line} `;
};

const whyWaiting = ({
  refused,
  needs,
}: {
  readonly refused: readonly string[];
  readonly needs: readonly string[];
}): string => {
  if (refused[0] !== undefined) return `; refused: ${refused[0]}`;
  return needs[0] === undefined ? '' : `; needs a person: ${needs[0]}`;
};

type Failure = Extract<TargetEvent, { type: 'ApplyFailed' }>['data'];

const failureText = ({ object, reason }: Pick<Failure, 'object' | 'reason'>): string =>
  object ? `${objectText(object)}: ${reason}` : reason;

const healthText = ({
  to,
  objects,
}: Extract<TargetEvent, { type: 'HealthTransitioned' }>['data']): string => {
  const [worst] = objects;
  return worst && to !== 'Current' ? `${to}: ${objectText(worst.object)}, ${worst.message}` : to;
};

const shortValue = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

/** `/spec/replicas 2 → 5 by kubectl-edit` */
const driftedFieldText = ({ path, from, to, manager }: DriftedField): string => {
  const values = from === undefined && to === undefined ? '' : ` ${shortValue(from)} → ${shortValue(to)}`;
  return `${path}${values}${manager === undefined ? '' : ` by ${manager}`}`;
};

/** What came and went before a word of drift: `; meanwhile ConfigMap shop/web /data/a put back by ann` */
const meanwhileText = (changes: readonly MeanwhileChange[] = []): string => {
  const texts = changes.map(({ object, path, change, manager }) => {
    const where = path === undefined ? '' : ` ${path}`;
    const by = manager === undefined ? '' : ` by ${manager}`;
    return `${objectText(object)}${where} ${change === 'drifted' ? 'drifted' : 'put back'}${by}`;
  });
  const more = texts.length > 3 ? `; and ${texts.length - 3} more` : '';
  return texts.length === 0 ? '' : `; meanwhile ${texts.slice(0, 3).join('; ')}${more}`;
};

const driftText = ({
  objects,
  objectCount,
  meanwhile,
}: Extract<TargetEvent, { type: 'DriftDetected' }>['data']): string => {
  const [first] = objects;
  const more = objectCount > 1 ? ` and ${count(objectCount - 1, 'more object')}` : '';
  if (!first) return 'Drifted';
  const fields = first.fields.map(driftedFieldText);
  const what = first.change === 'changed' ? `changed at ${fields.join(', ')}` : first.change;
  return `Drifted: ${objectText(first.object)} ${what}${more}${meanwhileText(meanwhile)}`;
};

const healedBy = ({ by, manager }: Extract<TargetEvent, { type: 'DriftHealed' }>['data']): string => {
  if (by === 'heal') return 'healed by a plan';
  if (by === 'ignored') return 'ignored by a rule since';
  return by === 'apply' ? 'by the next apply' : `undone by ${manager ?? 'somebody in the cluster'}`;
};

const writersText = ({ writes }: Extract<TargetEvent, { type: 'DriftAttributed' }>['data']): string => {
  const texts = writes.map(({ user, verb, object, manager, userAgent }) => {
    const by = manager ?? userAgent?.split('/')[0];
    return `${user}: ${verb} ${objectText(object)}${by === undefined ? '' : ` with ${by}`}`;
  });
  return [...new Set(texts)].slice(0, 3).join('; ');
};

/** What an event of a target says. */
export const targetText = (event: TargetEvent): string => {
  switch (event.type) {
    case 'ApplyStarted':
      return `apply of ${short(event.data.revision)} started`;
    case 'ObjectsApplied':
      return `objects applied: ${countOutcomes(event.data.outcomes)}`;
    case 'ObjectsPruned':
      return `objects pruned: ${countOutcomes(event.data.outcomes)}`;
    case 'ApplySucceeded':
      return `applied ${short(event.data.revision)}`;
    case 'ApplyFailed':
      return `Failed: ${failureText(event.data)}`;
    case 'ApplyErrored':
      return `apply broke off, tried again in ${event.data.retryInSeconds} s: ${failureText(event.data)}`;
    case 'ApplyAborted':
      return `apply stopped: ${event.data.reason}`;
    case 'PlanFoundStale':
      return `plan no longer fits: ${failureText(event.data)}`;
    case 'HealthTransitioned':
      return healthText(event.data);
    case 'TargetOrphaned':
      return `left as it is, ${count(event.data.objects, 'object')} no longer watched`;
    case 'DriftDetected':
      return driftText(event.data);
    case 'DriftAttributed':
      return `drift by ${writersText(event.data)}`;
    case 'DriftHealed':
      return `drift gone after ${event.data.lifetimeSeconds.toFixed(1)} s, ${healedBy(event.data)}${meanwhileText(event.data.meanwhile)}`;
    default:
      return event satisfies never;
  }
};

const countOutcomes = (outcomes: Readonly<Record<string, number>>): string =>
  Object.entries(outcomes)
    .filter(([, many]) => many > 0)
    .map(([outcome, many]) => `${many} ${outcome}`)
    .join(', ');
