import {
  applicationAggregate,
  planAggregate,
  restoreAggregate,
  type ApplicationCommand,
  type Ending,
  type FromRecord,
  type PlanCommand,
  type RestoreCommand,
} from '@syncline/domain';
import { parseTargetSubject, subjects, type RecordedManifests } from '@syncline/events';
import type { Aggregates, StoredEvent } from '@syncline/kernel';

import { planner } from '../cause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';

type Data = {
  readonly plan: string;
  readonly by: string;
  readonly reason?: string;
  readonly note?: string;
  readonly revision: string;
  readonly recorded?: RecordedManifests;
  readonly objects: Extract<PlanCommand, { type: 'undelete' }>['objects'];
  readonly objectCount: number;
};

const dataOf = (events: readonly StoredEvent[], type: string): Data | undefined =>
  events.find((event) => event.type === type)?.data as Data | undefined;

const why = ({ reason }: Data): Pick<Data, 'reason'> => (reason === undefined ? {} : { reason });

const withoutInstead = (recorded: RecordedManifests): FromRecord => {
  const { kind, plan, cluster, manifests, render, namespace, by, reason, since } = recorded;
  const who = { by, since, ...(reason !== undefined && { reason }) };
  return { kind, plan, cluster, manifests, render, namespace, ...who };
};

/** What a person asked of a target's plan, or the clock, by what was decided; undefined where that does not say it whole. */
const planCommandOf = (
  events: readonly StoredEvent[],
  ending: Ending | undefined,
): PlanCommand | undefined => {
  const [approved, rejected] = [dataOf(events, 'PlanApproved'), dataOf(events, 'PlanRejected')];
  if (approved) return { type: 'approve', plan: approved.plan, by: approved.by, ...why(approved) };
  if (rejected)
    return { type: 'reject', plan: rejected.plan, by: rejected.by, reason: rejected.reason ?? '' };
  const asked = dataOf(events, 'PlanRequested');
  if (!asked) return undefined;
  const { recorded, revision, note, reason } = asked;
  const ended = ending && { ending };
  const ends = dataOf(events, 'ReplayEnded');
  if (ends) return { type: 'end-replay', by: ends.by, ...why(ends), ...ended };
  const undeletes = dataOf(events, 'UndeleteRequested');
  if (undeletes) {
    const { objects, objectCount, by } = undeletes;
    const from = recorded && { recorded: withoutInstead(recorded) };
    const command = {
      type: 'undelete',
      objects,
      revision,
      by,
      ...why(undeletes),
      ...from,
      ...ended,
    } as const;
    return objects.length === objectCount ? command : undefined;
  }
  if (dataOf(events, 'ReplayRequested') && recorded)
    return { type: 'replay', revision, recorded: withoutInstead(recorded), ...ended };
  if (reason === 'retry') return { type: 'retry', ...ended, ...(note !== undefined && { note }) };
  return reason === 'cluster-returned' ? { type: 'return' } : undefined;
};

const applicationCommandOf = (events: readonly StoredEvent[]): ApplicationCommand | undefined => {
  const [paused, resumed] = [dataOf(events, 'ApplicationPaused'), dataOf(events, 'ApplicationResumed')];
  if (paused) return { type: 'pause', by: paused.by, reason: paused.reason ?? '' };
  return resumed && { type: 'resume', by: resumed.by, ...why(resumed) };
};

/**
 * Decides once more what somebody asked for, where what was decided says what that was. Gives whether it does; what is decided is
 * told to the moment.
 */
export const decideAsked = async (
  aggregates: Aggregates,
  recorded: readonly StoredEvent[],
): Promise<boolean> => {
  const [first] = recorded;
  if (!first) return false;
  const { subject } = first;
  const cause = { actor: planner, correlationId: first.correlationId };
  const target = parseTargetSubject(subject);
  if (subject.startsWith('ev.plan.') && target) {
    const of = subjects.target(target.cluster, target.project, target.application);
    const command = planCommandOf(recorded, endingOf((await aggregates.load(outcomeAggregate, of)).state));
    if (command) await aggregates.decide(planAggregate, subject, command, cause);
    return command !== undefined;
  }
  if (subject.startsWith('ev.app.')) {
    const command = applicationCommandOf(recorded);
    if (command) await aggregates.decide(applicationAggregate, subject, command, cause);
    return command !== undefined;
  }
  if (first.type !== 'RestoreRequested') return false;
  const data = first.data as Extract<RestoreCommand, { type: 'restore' }>['data'];
  await aggregates.decide(restoreAggregate, subject, { type: 'restore', data }, cause);
  return true;
};
