import { setTimeout as delay } from 'node:timers/promises';

import type { KubernetesOperation } from '@syncline/events';

import { examine, preconditionOf, type Served } from '../dry-run/examine.js';
import { judgeExamination } from '../dry-run/operation.js';
import { propagationOf } from '../dry-run/replacing.js';
import { formatObject, isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { ApplyEnd, stale } from './apply-end.js';
import {
  contended,
  create,
  isDone,
  isRace,
  resultOf,
  versionTries,
  whatMoved,
  type CarriedOut,
  type Hands,
} from './writing.js';

const goneMs = 120_000;
const pauseMs = 100;

/** Deletes the very version that was read; false where somebody was faster. */
const isRemoved = async (live: KubeObject, { resource, object }: Served, { api, signal }: Hands) => {
  try {
    await api.remove(resource, object, preconditionOf(live), signal, propagationOf(object));
    return true;
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return true;
    if (isRace(error)) return false;
    throw error;
  }
};

/** Waits until the object of this uid is gone, with all that goes before it. */
const untilGone = async (uid: string | undefined, { resource, object }: Served, { api, signal }: Hands) => {
  const deadline = performance.now() + goneMs;
  for (;;) {
    const live = await api.find(resource, object, signal);
    if (live?.metadata.uid !== uid || live === undefined) return;
    if (performance.now() > deadline) {
      const { finalizers = [] } = live.metadata as { finalizers?: readonly string[] };
      const held = finalizers.length > 0 ? `; it is held by ${finalizers.join(', ')}` : '';
      const reason = `${formatObject(object)}: it was deleted to be created anew, and is not gone after ${goneMs / 1000} s${held}`;
      throw new ApplyEnd('errored', 'timeout', reason, object);
    }
    await delay(pauseMs, undefined, signal && { signal });
  }
};

const isGoing = (live: KubeObject): boolean => live.metadata.deletionTimestamp !== undefined;

/**
 * Deletes an object in exactly the planned state, waits until it is gone, and creates it anew. Repeated after a crash it goes on
 * where it ended: an object that is going is waited for, one that is absent is created.
 */
export const replace = async (
  operation: KubernetesOperation,
  wanted: Served,
  hands: Hands,
): Promise<CarriedOut> => {
  for (let tries = 1; tries <= versionTries; tries += 1) {
    const examination = await examine(hands, wanted);
    const { live } = examination;
    if (!live) return create(wanted, hands);
    const now = judgeExamination(wanted, examination, hands.judge);
    if (isDone(now)) return resultOf('unchanged', live, wanted);
    if (live.metadata.uid !== operation.uid)
      throw stale(wanted.object, 'it is another object of the same name');
    if (!isGoing(live)) {
      const isPlanned =
        now.action === 'replace' && now.before === operation.before && now.after === operation.after;
      if (!isPlanned) throw stale(wanted.object, whatMoved(now));
      if (!(await isRemoved(live, wanted, hands))) continue;
    }
    await untilGone(live.metadata.uid, wanted, hands);
    return create(wanted, hands);
  }
  throw contended(wanted);
};
