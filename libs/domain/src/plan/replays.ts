import type { ObjectName, PlanEvent, RecordedManifests } from '@syncline/events';
import { CommandRefused } from '@syncline/kernel';

import { isStuck, supersede } from './asking.js';
import { requestOf, type Ending, type PlanState, type Request } from './state.js';

/** Manifests of the record, without what the target's own state says. */
export type FromRecord = Omit<RecordedManifests, 'instead'>;

/** A recorded deployment is to run again, or objects are to be brought back. `revision` is that of the manifests. */
export type Replay = {
  readonly type: 'replay';
  readonly revision: string;
  readonly recorded: FromRecord;
  /** What is brought back, in the order in which it is applied; none for a replay. */
  readonly objects?: readonly ObjectName[];
  readonly ending?: Ending;
};

/** The target is to become again what Git wants. */
export type EndReplay = {
  readonly type: 'end-replay';
  readonly by: string;
  readonly reason?: string;
  readonly ending?: Ending;
};

const named = 10;

/** The request of a target that may be changed; refuses one that is not placed, or only observed. */
const changeable = (state: PlanState): Request => {
  const request = requestOf(state);
  if (!request) {
    throw new CommandRefused(
      'target-unknown',
      'The application was never planned on this cluster, or has left it. syncline status shows where it is.',
    );
  }
  if (request.spec.mode !== 'observe') return request;
  throw new CommandRefused(
    'application-observed',
    'The application is only observed: nothing of it is applied. Set sync.mode to approval or automatic in Git.',
  );
};

const announcement = (
  { rollout }: Request,
  { revision, recorded, objects = [] }: Replay,
  instead: string,
): PlanEvent => {
  const { plan, cluster, by, reason } = recorded;
  const who = { by, ...(reason !== undefined && { reason }) };
  if (recorded.kind === 'replay')
    return { type: 'ReplayRequested', data: { rollout, revision, plan, cluster, instead, ...who } };
  const first = objects.slice(0, named).map((object) => ({ ...object }));
  return {
    type: 'UndeleteRequested',
    data: { rollout, revision, objects: first, objectCount: objects.length, ...who },
  };
};

/**
 * The target is planned from the record in place of what Git wants. That stays what it is asked for by everything but a person
 * and a rollout of another revision or spec: no repeated look at the revision that it was put in place of undoes it.
 */
export const replay = (state: PlanState, command: Replay): readonly PlanEvent[] => {
  const request = changeable(state);
  const { revision, recorded, ending } = command;
  const { manifests, plan } = request.recorded ?? {};
  const same = plan === recorded.plan && manifests?.digest === recorded.manifests.digest;
  if (same && !isStuck(state, ending)) return [];
  const { rollout, spec } = request;
  const instead = request.recorded?.instead ?? request.revision;
  return [
    ...supersede(state, revision, ending),
    announcement(request, command, instead),
    {
      type: 'PlanRequested',
      data: { rollout, revision, reason: recorded.kind, spec, recorded: { ...recorded, instead } },
    },
  ];
};

/** Asks for what Git wants, where something of the record is there in its place. */
export const endReplay = (state: PlanState, command: EndReplay): readonly PlanEvent[] => {
  const { rollout, spec, recorded } = changeable(state);
  if (!recorded) return [];
  const { instead: revision, plan } = recorded;
  const { by, reason, ending } = command;
  return [
    ...supersede(state, revision, ending),
    { type: 'ReplayEnded', data: { rollout, revision, plan, by, ...(reason !== undefined && { reason }) } },
    { type: 'PlanRequested', data: { rollout, revision, reason: 'replay-ended', spec } },
  ];
};
