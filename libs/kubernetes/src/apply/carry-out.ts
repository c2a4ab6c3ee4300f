import { setTimeout as delay } from 'node:timers/promises';

import type { KubernetesOperation } from '@syncline/events';

import { concede } from '../dry-run/concession.js';
import { examine, preconditionOf, type Examination, type Served } from '../dry-run/examine.js';
import { judgeExamination, ownBefore, renderedDigest } from '../dry-run/operation.js';
import { isKubernetesError } from '../kubernetes-error.js';
import { endedBy, failed, stale } from './apply-end.js';
import { configure } from './configure.js';
import { replace } from './replace.js';
import {
  contended,
  create,
  isDone,
  liveOf,
  resultOf,
  versionTries,
  whatMoved,
  writeAt,
  type CarriedOut,
  type Hands,
} from './writing.js';

const servedTries = 40;
const servedPauseMs = 250;

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
    const { body } = await concede(wanted, live, hands.around, hands.signal);
    const written = await writeAt(preconditionOf(live), body, wanted, hands);
    if (written) return resultOf('configured', written, wanted);
  }
  throw contended(wanted);
};

/** Nothing was to be done, and nothing is: anything else is another plan. */
const verify = async (operation: KubernetesOperation, wanted: Served, hands: Hands): Promise<CarriedOut> => {
  const examination = await examine(hands, wanted);
  const now = judgeExamination(wanted, examination, hands.judge);
  if (!isDone(now)) throw stale(wanted.object, whatMoved(now));
  const live = liveOf(examination.live, wanted);
  if (now.before !== operation.before) throw stale(wanted.object, whatMoved(now));
  return resultOf('unchanged', live, wanted);
};

/** The dry run of what was deferred, once its prerequisite is there; a kind that is just being served is waited for. */
const examineDeferred = async (wanted: Served, hands: Hands): Promise<Examination> => {
  for (let tries = 1; ; tries += 1) {
    const examination = await examine(hands, wanted);
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
  const isRendered = ['deferred', 'unproven'].includes(operation.certainty);
  if (isRendered && operation.after !== renderedDigest(wanted, hands.judge.hmacKey))
    throw failed(wanted.object, 'manifest-mismatch', 'the manifest is not the one that was planned');
  if (operation.certainty === 'deferred') return carryOutDeferred(operation, wanted, hands);
  if (operation.action === 'create') return create(wanted, hands);
  if (operation.action === 'unchanged') return verify(operation, wanted, hands);
  if (operation.action === 'replace') return replace(operation, wanted, hands);
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
