import type { ObjectName, PlanEvent, RecordedManifests } from '@syncline/events';
import { CommandRefused } from '@syncline/kernel';

import { ask, isStuck, supersede } from './asking.js';
import { isUnderWay } from './pausing.js';
import { requestOf, type Ending, type PlanState, type Request } from './state.js';

/** Manifests of the record, without what the target's own state says. */
export type FromRecord = Omit<RecordedManifests, 'instead'>;

/** A recorded deployment is to run again. `revision` is that of its manifests. */
export type Replay = {
  readonly type: 'replay';
  readonly revision: string;
  readonly recorded: FromRecord;
  readonly ending?: Ending;
};

/**
 * Objects are to be brought back, named in the order in which they were found. `recorded` are the manifests with what the
 * target's revision does not have; without it all of them are in what was applied last, and that is planned once more.
 */
export type Undelete = {
  readonly type: 'undelete';
  readonly objects: readonly ObjectName[];
  readonly revision: string;
  readonly by: string;
  readonly reason?: string;
  readonly recorded?: FromRecord;
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

const whoOf = ({ by, reason }: { readonly by: string; readonly reason?: string | undefined }) => ({
  by,
  ...(reason !== undefined && { reason }),
});

const isAlready = ({ recorded: now }: Request, { plan, manifests }: FromRecord): boolean =>
  now?.plan === plan && now.manifests.digest === manifests.digest;

const insteadOf = ({ recorded, revision }: Request): string => recorded?.instead ?? revision;

/**
 * The target is planned from the record in place of what Git wants. That stays what it is asked for by everything but a person
 * and a rollout of another revision or spec: no repeated look at the revision that it was put in place of undoes it.
 */
export const replay = (state: PlanState, command: Replay): readonly PlanEvent[] => {
  const request = changeable(state);
  const { revision, recorded: from, ending } = command;
  if (isAlready(request, from) && !isStuck(state, ending)) return [];
  const { rollout, spec } = request;
  const { plan, cluster } = from;
  const recorded = { ...from, instead: insteadOf(request) };
  const { instead } = recorded;
  return [
    ...supersede(state, revision, ending),
    { type: 'ReplayRequested', data: { rollout, revision, plan, cluster, instead, ...whoOf(from) } },
    ask({ rollout, revision, spec, recorded }, 'replay'),
  ];
};

/**
 * What is brought back beyond the target's revision stays as a replay does. What the revision has is only asked for where nothing
 * is under way: that is compared with the live state anyway.
 */
export const undelete = (state: PlanState, command: Undelete): readonly PlanEvent[] => {
  const request = changeable(state);
  const { objects, recorded: from, ending } = command;
  const isOnItsWay = from ? isAlready(request, from) && !isStuck(state, ending) : isUnderWay(state, ending);
  if (objects.length === 0 || isOnItsWay) return [];
  const { rollout, spec } = request;
  const next = from
    ? { rollout, spec, revision: command.revision, recorded: { ...from, instead: insteadOf(request) } }
    : request;
  const { revision } = next;
  const first = objects.slice(0, named).map((object) => ({ ...object }));
  const told = { objects: first, objectCount: objects.length, ...whoOf(command) };
  return [
    ...supersede(state, revision, ending),
    { type: 'UndeleteRequested', data: { rollout, revision, ...told } },
    ask(next, 'undelete'),
  ];
};

/** Asks for what Git wants, where something of the record is there in its place. */
export const endReplay = (state: PlanState, command: EndReplay): readonly PlanEvent[] => {
  const { rollout, spec, recorded } = changeable(state);
  if (!recorded) return [];
  const { instead: revision, plan } = recorded;
  return [
    ...supersede(state, revision, command.ending),
    { type: 'ReplayEnded', data: { rollout, revision, plan, ...whoOf(command) } },
    ask({ rollout, revision, spec }, 'replay-ended'),
  ];
};
