import type { KubernetesOperation } from '@syncline/events';

import type { ObjectResult } from '../cluster-client.js';
import { absent, type Precondition } from '../connection/object-api.js';
import { examine, type Eyes, type Served } from '../dry-run/examine.js';
import { judgeExamination, type Judge } from '../dry-run/operation.js';
import { keyOf } from '../fields/digests.js';
import { ourPaths } from '../fields/owned-paths.js';
import { formatObject, isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { ApplyEnd, failed, stale } from './apply-end.js';

/** What carrying out one operation came to: the object as the server has it now. */
export type CarriedOut = { readonly result: ObjectResult; readonly live: KubeObject };

/** What an operation is carried out with. */
export type Hands = Eyes & { readonly judge: Judge };

/** How often a conflict of versions is met before the apply gives up for now. */
export const versionTries = 5;

/** What was done, as it is recorded. */
export const resultOf = (outcome: ObjectResult['outcome'], live: KubeObject, wanted: Served): CarriedOut => ({
  live,
  result: {
    object: wanted.object,
    outcome,
    ...(live.metadata.uid !== undefined && { uid: live.metadata.uid }),
    ...(live.metadata.generation !== undefined && { generation: live.metadata.generation }),
  },
});

/** The paths that we own of an object, for its entry in the inventory. */
export const appliedFields = (live: KubeObject): string[] => ourPaths(live).map(keyOf).sort();

/** Whether the examination shows that nothing is left to be done: what was planned is there, from an attempt before this one. */
export const isDone = (now: KubernetesOperation): boolean =>
  now.action === 'unchanged' && now.certainty === 'confirmed';

/** The object that an operation presumes. */
export const liveOf = (live: KubeObject | undefined, wanted: Served): KubeObject => {
  if (!live) throw stale(wanted.object, 'it is gone since it was planned');
  return live;
};

/** Why the object is not in the planned state. */
export const whatMoved = (now: KubernetesOperation): string =>
  now.refusal
    ? `since it was planned: ${now.refusal.reason}`
    : 'its planned fields or their owners are not what they were when it was planned';

/** Creates where nothing is; the resourceVersion that no object has makes an object that is there a conflict. */
export const create = async (wanted: Served, hands: Hands): Promise<CarriedOut> => {
  try {
    const made = await hands.api.apply(wanted.resource, wanted.body, {
      dryRun: false,
      precondition: absent,
      signal: hands.signal,
    });
    hands.known.note(wanted, made);
    return resultOf('created', made, wanted);
  } catch (error) {
    if (!isKubernetesError(error, 'conflict-version', 'conflict-exists', 'conflict-field-manager'))
      throw error;
  }
  const examination = await examine(hands, wanted);
  if (examination.live && (wanted.isImplicit || isDone(judgeExamination(wanted, examination, hands.judge))))
    return resultOf('unchanged', examination.live, wanted);
  throw failed(
    wanted.object,
    'conflict-exists',
    'it was to be created, and is there already; it is left as it is',
  );
};

/** An object that others write faster than we can. */
export const contended = (wanted: Served): ApplyEnd =>
  new ApplyEnd(
    'errored',
    'conflict-version',
    `${formatObject(wanted.object)}: it changes faster than it can be applied`,
    wanted.object,
  );

/** Whether a write met another state than the one that it presumes. */
export const isRace = (error: unknown): boolean =>
  isKubernetesError(error, 'conflict-version', 'uid-mismatch');

/** Writes over the very version that was read; undefined where somebody was faster. */
export const writeAt = async (
  precondition: Required<Precondition>,
  body: KubeObject,
  { resource }: Served,
  { api, signal }: Hands,
  force = false,
): Promise<KubeObject | undefined> => {
  try {
    return await api.apply(resource, body, {
      dryRun: false,
      force,
      precondition,
      signal,
    });
  } catch (error) {
    if (isRace(error)) return undefined;
    throw error;
  }
};
