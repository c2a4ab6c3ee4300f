import type { KubernetesOperation } from '@syncline/events';

import type { Precondition } from '../connection/object-api.js';
import { examine, preconditionOf, type Examination, type Served } from '../dry-run/examine.js';
import { moveSteps } from '../dry-run/adoption.js';
import { judgeExamination, renderedDigest } from '../dry-run/operation.js';
import { isWithin } from '../fields/takeovers.js';
import { isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { stale } from './apply-end.js';
import {
  contended, isDone, isRace, liveOf, resultOf, versionTries, whatMoved, writeAt, type CarriedOut, type Hands,
} from './writing.js'; // prettier-ignore

/** Whether the object is as the plan presumes, and the same as planned comes of it, taken from nobody else. */
const isAsPlanned = (now: KubernetesOperation, planned: KubernetesOperation): boolean =>
  now.action === planned.action &&
  now.before === planned.before &&
  now.after === planned.after &&
  isWithin(now.takeovers ?? [], planned.takeovers ?? []);

const isToBeMoved = ({ adoption }: Examination): boolean =>
  adoption?.adopts.some(({ keeps }) => keeps !== true) === true;

/**
 * Makes the former tools' fields ours and changes no value. An apply that ends right after it goes on from there when it is
 * repeated: the plan's `before` is that of the object after the move.
 */
const move = async (
  live: KubeObject,
  { resource, object }: Served,
  { api, signal }: Hands,
): Promise<void> => {
  const precondition = preconditionOf(live);
  try {
    await api.patch(resource, object, moveSteps(live), { dryRun: false, precondition, signal });
  } catch (error) {
    if (!isRace(error) && !isKubernetesError(error, 'invalid', 'not-found')) throw error;
  }
};

/** A field that somebody took since the dry run is looked at again: then it is seen who. */
const unlessHeld = (write: Promise<KubeObject | undefined>): Promise<KubeObject | undefined> =>
  write.catch((error: unknown) => {
    if (isKubernetesError(error, 'conflict-field-manager')) return undefined;
    throw error;
  });

/** The state that was tried for the plan, where this very manifest was, and nothing of it was left to others. */
const triedState = (
  { uid, resourceVersion, rendered, conceded }: KubernetesOperation,
  wanted: Served,
  { judge }: Hands,
): Required<Precondition> | undefined => {
  if (uid === undefined || resourceVersion === undefined || conceded) return undefined;
  return rendered === renderedDigest(wanted, judge.hmacKey) ? { uid, resourceVersion } : undefined;
};

/** Writes at once over the version that was tried; undefined where the object has another one by now. */
const writeUntouched = async (
  tried: Required<Precondition>,
  wanted: Served,
  hands: Hands,
  mayTake: boolean,
): Promise<CarriedOut | undefined> => {
  const written = await unlessHeld(writeAt(tried, wanted.body, wanted, hands, mayTake));
  if (!written) return undefined;
  hands.known.note(wanted, written);
  return resultOf('configured', written, wanted);
};

/**
 * Changes an object in exactly the planned state: configure, adopt, takeover. A conflict of versions looks again: an equal
 * `before` goes on, another one is stale. Fields of others are taken only as far as the plan lists them.
 */
export const configure = async (
  operation: KubernetesOperation,
  wanted: Served,
  hands: Hands,
): Promise<CarriedOut> => {
  const mayTake = (operation.takeovers ?? []).length > 0;
  const tried = triedState(operation, wanted, hands);
  const untouched = tried && (await writeUntouched(tried, wanted, hands, mayTake));
  if (untouched) return untouched;
  const mostTries = versionTries + (operation.action === 'adopt' ? 1 : 0);
  for (let tries = tried ? 2 : 1; tries <= mostTries; tries += 1) {
    const examination = await examine(hands, wanted);
    const live = liveOf(examination.live, wanted);
    const now = judgeExamination(wanted, examination, hands.judge);
    if (isDone(now)) return resultOf('unchanged', live, wanted);
    if (!isAsPlanned(now, operation)) throw stale(wanted.object, whatMoved(now));
    if (isToBeMoved(examination)) {
      await move(live, wanted, hands);
      continue;
    }
    const written = await unlessHeld(writeAt(preconditionOf(live), examination.body, wanted, hands, mayTake));
    if (written) return resultOf('configured', written, wanted);
  }
  throw contended(wanted);
};
