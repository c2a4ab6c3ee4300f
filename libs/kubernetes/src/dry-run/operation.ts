import { digestOf } from '@syncline/kernel';
import type { KubernetesOperation } from '@syncline/events';

import { additionsOf, changesBetween } from '../fields/changes.js';
import { afterDigest, beforeDigest, keyOf, pathsInQuestion } from '../fields/digests.js';
import { isAppliedByUs, ourPaths } from '../fields/owned-paths.js';
import type { KubeObject } from '../objects/kube-object.js';
import type { Owner } from '../objects/marks.js';
import { veil } from '../objects/secret-veil.js';
import type { Wanted } from '../objects/wanted.js';
import type { Examination } from './examine.js';
import { refuseByServer, refuseForeign, type Refused } from './refusals.js';

/** What operations are computed with: the target's owner and the key by which values of Secrets are compared. */
export type Judge = { readonly owner: Owner; readonly hmacKey: Uint8Array };

const base = (wanted: Wanted, live?: KubeObject) => ({
  kind: 'kubernetes' as const,
  object: wanted.object,
  ...(live?.metadata.uid !== undefined && { uid: live.metadata.uid }),
  changes: [],
  ...(wanted.secrets && { secrets: { ...wanted.secrets } }),
});

const refusedOperation = (
  wanted: Wanted,
  live: KubeObject | undefined,
  refused: Refused,
): KubernetesOperation => ({
  ...base(wanted, live),
  ...refused,
});

/** The digest of what is rendered, with HMACs in place of Secret values: what approves an object that cannot be dry-run. */
export const renderedDigest = (wanted: Wanted, hmacKey: Uint8Array): string =>
  digestOf(veil(hmacKey, wanted.body));

/** What we own of a live object now, where no dry run can say what we will own. */
export const ownBefore = (live: KubeObject, { hmacKey }: Judge): string => {
  const veiled = veil(hmacKey, live);
  return beforeDigest(veiled, pathsInQuestion(veiled, undefined));
};

/** An operation that waits for something of its own plan: a namespace, a CRD, or the next version of a CRD for what is there. */
export const deferredOperation = (wanted: Wanted, judge: Judge, live?: KubeObject): KubernetesOperation => ({
  ...base(wanted, live),
  action: live ? 'configure' : 'create',
  certainty: 'deferred',
  ...(live && { before: ownBefore(live, judge) }),
  after: renderedDigest(wanted, judge.hmacKey),
  ...(live ? { changes: [] } : additionsOf(veil(judge.hmacKey, wanted.body))),
});

/** An object that is refused before the cluster is asked, or whose kind nobody serves. */
export const unplannable = (wanted: Wanted): KubernetesOperation =>
  refusedOperation(wanted, undefined, {
    action: 'create',
    certainty: 'refused',
    refusal: wanted.refusal ?? {
      code: 'kind-unknown',
      reason: `the cluster serves no ${wanted.object.kind} of ${wanted.object.apiVersion}, and no CRD of the plan does`,
    },
  });

/** A webhook does not allow a dry run: what we own now is known, what comes of it is not. */
const unproven = (wanted: Wanted, live: KubeObject | undefined, judge: Judge): KubernetesOperation => ({
  ...base(wanted, live),
  action: live ? 'configure' : 'create',
  certainty: 'unproven',
  ...(live && { before: ownBefore(live, judge) }),
  after: renderedDigest(wanted, judge.hmacKey),
});

const isSameOwnership = (live: KubeObject, result: KubeObject): boolean => {
  const now = ourPaths(live).map(keyOf).sort().join('\n');
  return isAppliedByUs(live) && now === ourPaths(result).map(keyOf).sort().join('\n');
};

const confirmed = (
  wanted: Wanted,
  { live, dryRun }: { readonly live: KubeObject | undefined; readonly dryRun: KubeObject },
  judge: Judge,
): KubernetesOperation => {
  const before = live && veil(judge.hmacKey, live);
  const result = veil(judge.hmacKey, dryRun);
  const paths = pathsInQuestion(before, result);
  const changed = changesBetween(before, result, paths);
  const isUnchanged = before !== undefined && changed.changes.length === 0 && isSameOwnership(before, result);
  return {
    ...base(wanted, live),
    action: before === undefined ? 'create' : isUnchanged ? 'unchanged' : 'configure',
    certainty: 'confirmed',
    ...(before && { before: beforeDigest(before, paths) }),
    after: afterDigest(result, paths),
    ...changed,
  };
};

/** The operation that takes an object from what was examined to what is wanted. Pure. */
export const judgeExamination = (
  wanted: Wanted,
  examination: Examination,
  judge: Judge,
): KubernetesOperation => {
  const { live, dryRun, error } = examination;
  const foreign = live && refuseForeign(live, judge.owner);
  if (foreign) return refusedOperation(wanted, live, foreign);
  if (error?.code === 'dry-run-unsupported') return unproven(wanted, live, judge);
  if (error) return refusedOperation(wanted, live, refuseByServer(error, live !== undefined));
  if (!dryRun) throw new TypeError('an examination holds a dry run or an error');
  return confirmed(wanted, { live, dryRun }, judge);
};
