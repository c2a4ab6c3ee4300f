import { randomUUID } from 'node:crypto';

import { targetAggregate, type TargetState } from '@syncline/domain';
import { planDocument, subjects, type Operation, type TargetName } from '@syncline/events';
import type { BlobRef } from '@syncline/kernel';

import { actor, type ClusterSurroundings } from '../surroundings.js';
import { OpenAttempt, countsOf, type Signals } from './attempt.js';
import { retryInSeconds } from './backoff.js';
import type { ApprovedPlan } from './current-plan.js';
import { endingOf, endingOfError, interruptedBy, recordingOf, type Ending } from './ending.js';
import { readHeldObjects } from './held-objects.js';
import { readPlanInputs } from './plan-inputs.js';

/** What one attempt starts from: the approved plan, the sequence at which that was checked, and the target as it was. */
export type AttemptStart = {
  readonly target: TargetName;
  readonly approved: ApprovedPlan;
  readonly fence: number;
  readonly state: TargetState;
};

/** How an attempt ended; `replaced` where it is not ours to say. */
export type AttemptEnd = Ending['status'] | 'replaced';

type Ended = {
  readonly ending: Ending;
  readonly inventory: BlobRef | undefined;
  readonly changesWhatIsServed?: boolean;
};

/** What carrying out a plan came to. */
export type CarriedOut = {
  readonly end: AttemptEnd;
  readonly retryInSeconds: number;
  readonly reason?: string;
  /** Whether the API server serves other kinds since. */
  readonly changesWhatIsServed: boolean;
};

const servingKinds: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'APIService']);
const changesServing = ({ action, object }: Operation): boolean =>
  action !== 'unchanged' && servingKinds.has(object.kind);

/** Records the intent, carries out the plan, and records what came of it. Whatever happens in between is an outcome, never an exception. */
export const carryOut = async (
  around: ClusterSurroundings,
  start: AttemptStart,
  signals: Signals,
): Promise<CarriedOut> => {
  const attempt = await begin(around, start, signals);
  if (!attempt) return { end: 'replaced', retryInSeconds: 0, changesWhatIsServed: false };
  const began = performance.now();
  const { ending, inventory, changesWhatIsServed = false } = await perform(around, start, attempt, signals);
  const isAtNextStart = ending.status === 'errored' && ending.code === 'applier-stopped';
  const wait = isAtNextStart ? 0 : retryInSeconds(errorsBefore(start));
  const { render, manifests } = start.approved.parts;
  const isOurs =
    attempt.stop?.kind !== 'replaced' &&
    (await attempt.record(
      recordingOf(attempt.names, ending, {
        ...{ inventory, render, manifests, retryInSeconds: wait },
        ...{ heals: start.approved.heals, at: new Date().toISOString() },
        ...attempt.results,
      }),
    ));
  const end = isOurs ? ending.status : 'replaced';
  around.meter.applied(start.target.cluster, end, (performance.now() - began) / 1000);
  const reason = 'reason' in ending ? { reason: ending.reason } : {};
  return { end, retryInSeconds: wait, changesWhatIsServed, ...reason };
};

const errorsBefore = ({ state, approved }: AttemptStart): number =>
  state.status === 'errored' && state.last.plan === approved.parts.plan ? state.errors : 0;

const begin = async (
  around: ClusterSurroundings,
  { target, approved, fence }: AttemptStart,
  signals: Signals,
): Promise<OpenAttempt | undefined> => {
  const { plan, revision, document } = approved.parts;
  const names = { attempt: randomUUID(), plan, revision };
  const operations = await countOperations(around, document);
  const { cluster, project, application } = target;
  const decided = await around.log.aggregates.decide(
    targetAggregate,
    subjects.target(cluster, project, application),
    { type: 'begin', data: { ...names, fence, operations } },
    { actor, correlationId: approved.correlationId, because: approved.approvedAt },
  );
  const { state } = decided;
  const isOpen = state.status === 'applying' && state.open.attempt === names.attempt;
  return isOpen ? new OpenAttempt(around, target, names, { approved, signals }) : undefined;
};

/** For the record only: a document that cannot be read is refused when the attempt is under way. */
const countOperations = async (
  { documents }: ClusterSurroundings,
  document: BlobRef,
): Promise<Record<string, number>> => {
  try {
    const { operations } = await documents.read(document, planDocument);
    return countsOf(operations.map((operation) => operation.action));
  } catch {
    return {};
  }
};

const perform = async (
  around: ClusterSurroundings,
  { target, approved, state }: AttemptStart,
  attempt: OpenAttempt,
  signals: Signals,
): Promise<Ended> => {
  const { client, documents, identity, logger } = around;
  try {
    const inputs = await readPlanInputs(documents, identity, target, approved);
    const prunes = inputs.plan.operations.some(({ action }) => action === 'prune');
    const before = await readHeldObjects(around, target, state.held, signals.cut);
    const outcome = await client.apply(
      inputs.target,
      inputs.plan,
      before,
      attempt.steps({ prunes }),
      signals.cut,
    );
    const inventory = await attempt.storeInventory(outcome.inventory);
    // Without the inventory a success cannot be told; the attempt stays open and is taken up at the next start.
    if (!inventory) return { ending: interruptedBy(attempt.stop), inventory };
    const changesWhatIsServed = inputs.plan.operations.some(changesServing);
    return { ending: endingOf(outcome, attempt.stop), inventory, changesWhatIsServed };
  } catch (error) {
    const ending = signals.cut.aborted ? interruptedBy() : endingOfError(error);
    if (ending.status === 'errored' && ending.code === 'internal')
      logger.error({ err: error, ...target }, 'an apply met an unexpected error');
    return { ending, inventory: undefined };
  }
};
