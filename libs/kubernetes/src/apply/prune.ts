import type { KubernetesOperation } from '@syncline/events';

import type { ObjectResult } from '../cluster-client.js';
import type { ServedResource } from '../cluster-client.js';
import { preconditionOf } from '../dry-run/examine.js';
import { ownBefore } from '../dry-run/operation.js';
import { whyKept } from '../dry-run/prune-candidates.js';
import { formatObject, isKubernetesError } from '../kubernetes-error.js';
import { ApplyEnd, endedBy, stale } from './apply-end.js';
import type { Hands } from './writing.js';

const versionTries = 5;

/**
 * Deletes one object that the plan lists, with uid and resourceVersion as preconditions, after looking again whether it is ours.
 * An object that is gone is deleted. Throws {@link ApplyEnd}.
 */
export const pruneObject = async (
  operation: KubernetesOperation,
  resource: ServedResource | undefined,
  wantedUids: ReadonlySet<string>,
  hands: Hands,
): Promise<ObjectResult> => {
  const { object, uid = '' } = operation;
  const deleted: ObjectResult = { object, outcome: 'deleted', uid };
  try {
    for (let tries = 1; resource && tries <= versionTries; tries += 1) {
      const live = await hands.api.find(resource, object, hands.signal);
      if (!live || (live.metadata.uid === uid && live.metadata.deletionTimestamp !== undefined))
        return deleted;
      const kept = whyKept({ entry: { object, uid }, resource, live }, wantedUids, hands.judge);
      if (kept !== undefined) throw stale(object, `it was to be deleted, but ${kept}`);
      if (ownBefore(live, hands.judge) !== operation.before)
        throw stale(object, 'it was to be deleted, and changed since it was planned');
      if (await isRemoved(() => hands.api.remove(resource, object, preconditionOf(live), hands.signal)))
        return deleted;
    }
  } catch (error) {
    if (isKubernetesError(error)) throw endedBy(error, object);
    throw error;
  }
  if (!resource) return deleted;
  throw new ApplyEnd(
    'errored',
    'conflict-version',
    `${formatObject(object)}: it changes faster than it can be deleted`,
    object,
  );
};

/** False where the object changed in between, and is to be looked at again. */
const isRemoved = async (remove: () => Promise<void>): Promise<boolean> => {
  try {
    await remove();
    return true;
  } catch (error) {
    if (isKubernetesError(error, 'conflict-version', 'uid-mismatch')) return false;
    if (isKubernetesError(error, 'not-found')) return true;
    throw error;
  }
};
