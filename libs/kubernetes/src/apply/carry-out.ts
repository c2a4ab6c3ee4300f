import { setTimeout as delay } from 'node:timers/promises';

import type { KubernetesOperation } from '@syncline/events';

import type { ObjectResult } from '../cluster-client.js';
import { absent, type ObjectApi } from '../connection/object-api.js';
import { examine, preconditionOf, type Examination, type Served } from '../dry-run/examine.js';
import { judgeExamination, ownBefore, renderedDigest, type Judge } from '../dry-run/operation.js';
import { keyOf } from '../fields/digests.js';
import { ourPaths } from '../fields/owned-paths.js';
import { formatObject, isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { ApplyEnd, endedBy, failed, stale } from './apply-end.js';

/** What carrying out one operation came to: the object as the server has it now. */
export type CarriedOut = { readonly result: ObjectResult; readonly live: KubeObject };

/** What an operation is carried out with. */
export type Hands = {
  readonly api: ObjectApi;
  readonly judge: Judge;
  readonly signal?: AbortSignal | undefined;
};

const versionTries = 5;
const servedTries = 40;
const servedPauseMs = 250;

const resultOf = (outcome: ObjectResult['outcome'], live: KubeObject, wanted: Served): CarriedOut => ({
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
const isDone = (now: KubernetesOperation): boolean =>
  now.action === 'unchanged' && now.certainty === 'confirmed';

const liveOf = (live: KubeObject | undefined, wanted: Served): KubeObject => {
  if (!live) throw stale(wanted.object, 'it is gone since it was planned');
  return live;
};

const whatMoved = (now: KubernetesOperation): string =>
  now.refusal
    ? `since it was planned: ${now.refusal.reason}`
    : 'its planned fields or their owners are not what they were when it was planned';

/** Creates where nothing is; the resourceVersion that no object has makes an object that is there a conflict. */
const create = async (wanted: Served, hands: Hands): Promise<CarriedOut> => {
  try {
    const made = await hands.api.apply(wanted.resource, wanted.body, {
      dryRun: false,
      precondition: absent,
      signal: hands.signal,
    });
    return resultOf('created', made, wanted);
  } catch (error) {
    if (!isKubernetesError(error, 'conflict-version', 'conflict-exists', 'conflict-field-manager'))
      throw error;
  }
  const examination = await examine(hands.api, wanted, hands.signal);
  if (examination.live && (wanted.isImplicit || isDone(judgeExamination(wanted, examination, hands.judge))))
    return resultOf('unchanged', examination.live, wanted);
  throw failed(
    wanted.object,
    'conflict-exists',
    'it was to be created, and is there already; it is left as it is',
  );
};

/** Changes an object in exactly the planned state. A conflict of versions looks again: an equal `before` goes on, another one is stale. */
const configure = async (
  operation: KubernetesOperation,
  wanted: Served,
  hands: Hands,
): Promise<CarriedOut> => {
  for (let tries = 1; tries <= versionTries; tries += 1) {
    const examination = await examine(hands.api, wanted, hands.signal);
    const live = liveOf(examination.live, wanted);
    const now = judgeExamination(wanted, examination, hands.judge);
    if (isDone(now)) return resultOf('unchanged', live, wanted);
    if (now.before !== operation.before || now.after !== operation.after)
      throw stale(wanted.object, whatMoved(now));
    const written = await writeAt(live, wanted, hands);
    if (written) return resultOf('configured', written, wanted);
  }
  throw contended(wanted);
};

const contended = (wanted: Served): ApplyEnd =>
  new ApplyEnd(
    'errored',
    'conflict-version',
    `${formatObject(wanted.object)}: it changes faster than it can be applied`,
    wanted.object,
  );

/** Writes over the very version that was read; undefined where somebody was faster. */
const writeAt = async (live: KubeObject, wanted: Served, hands: Hands): Promise<KubeObject | undefined> => {
  const precondition = preconditionOf(live);
  try {
    return await hands.api.apply(wanted.resource, wanted.body, {
      dryRun: false,
      precondition,
      signal: hands.signal,
    });
  } catch (error) {
    if (isKubernetesError(error, 'conflict-version', 'uid-mismatch', 'conflict-field-manager'))
      return undefined;
    throw error;
  }
};

/** An object whose outcome could not be planned (a webhook, a CRD to come): only what we own live is compared. */
const configureUnproven = async (
  operation: KubernetesOperation,
  wanted: Served,
  hands: Hands,
): Promise<CarriedOut> => {
  for (let tries = 1; tries <= versionTries; tries += 1) {
    const live = liveOf(await hands.api.find(wanted.resource, wanted.object, hands.signal), wanted);
    if (ownBefore(live, hands.judge) !== operation.before)
      throw stale(wanted.object, 'its fields or their owners are not what they were when it was planned');
    const written = await writeAt(live, wanted, hands);
    if (written) return resultOf('configured', written, wanted);
  }
  throw contended(wanted);
};

/** Nothing was to be done, and nothing is: anything else is another plan. */
const verify = async (operation: KubernetesOperation, wanted: Served, hands: Hands): Promise<CarriedOut> => {
  const examination = await examine(hands.api, wanted, hands.signal);
  const now = judgeExamination(wanted, examination, hands.judge);
  if (!isDone(now)) throw stale(wanted.object, whatMoved(now));
  const live = liveOf(examination.live, wanted);
  if (now.before !== operation.before) throw stale(wanted.object, whatMoved(now));
  return resultOf('unchanged', live, wanted);
};

/** The dry run of what was deferred, once its prerequisite is there; a kind that is just being served is waited for. */
const examineDeferred = async (wanted: Served, hands: Hands): Promise<Examination> => {
  for (let tries = 1; ; tries += 1) {
    const examination = await examine(hands.api, wanted, hands.signal);
    if (examination.error?.code !== 'kind-unknown' || tries >= servedTries) return examination;
    await delay(servedPauseMs, undefined, hands.signal && { signal: hands.signal });
  }
};

const carryOutDeferred = async (
  operation: KubernetesOperation,
  wanted: Served,
  hands: Hands,
): Promise<CarriedOut> => {
  const examination = await examineDeferred(wanted, hands);
  const now = judgeExamination(wanted, examination, hands.judge);
  if (isDone(now)) return resultOf('unchanged', liveOf(examination.live, wanted), wanted);
  if (examination.live && now.action !== operation.action)
    throw stale(wanted.object, `more than was approved: ${now.action} instead of ${operation.action}`);
  if (now.certainty === 'refused')
    throw failed(wanted.object, now.refusal?.code ?? 'refused', now.refusal?.reason ?? 'refused');
  return operation.action === 'create' ? create(wanted, hands) : configureUnproven(operation, wanted, hands);
};

const dispatch = (operation: KubernetesOperation, wanted: Served, hands: Hands): Promise<CarriedOut> => {
  const isRendered = operation.certainty === 'deferred' || operation.certainty === 'unproven';
  if (isRendered && operation.after !== renderedDigest(wanted, hands.judge.hmacKey))
    throw failed(wanted.object, 'manifest-mismatch', 'the manifest is not the one that was planned');
  if (operation.certainty === 'deferred') return carryOutDeferred(operation, wanted, hands);
  if (operation.action === 'create') return create(wanted, hands);
  if (operation.action === 'unchanged') return verify(operation, wanted, hands);
  return operation.certainty === 'unproven'
    ? configureUnproven(operation, wanted, hands)
    : configure(operation, wanted, hands);
};

/** Carries out one operation, exactly as planned. Throws {@link ApplyEnd}. */
export const carryOut = async (
  operation: KubernetesOperation,
  wanted: Served,
  hands: Hands,
): Promise<CarriedOut> => {
  const planned = JSON.stringify(Object.entries(operation.secrets ?? {}).sort());
  if (planned !== JSON.stringify(Object.entries(wanted.secrets ?? {}).sort()))
    throw failed(wanted.object, 'secret-mismatch', 'the values of the Secret are not those of the plan');
  try {
    return await dispatch(operation, wanted, hands);
  } catch (error) {
    if (isKubernetesError(error)) throw endedBy(error, wanted.object);
    throw error;
  }
};
