import { digestOf } from '@syncline/kernel';
import type { KubernetesOperation } from '@syncline/events';

import type { InventoryEntry } from '../cluster-client.js';
import { additionsOf, changesBetween } from '../fields/changes.js';
import { afterDigest, beforeDigest, keyOf, pathsInQuestion } from '../fields/digests.js';
import { isAppliedByUs, ourPaths } from '../fields/owned-paths.js';
import { splitByFormer } from '../fields/takeovers.js';
import type { KubernetesError } from '../kubernetes-error.js';
import { identityOf, type KubeObject } from '../objects/kube-object.js';
import { confirmedBy, type Owner } from '../objects/marks.js';
import { veil } from '../objects/secret-veil.js';
import type { Wanted } from '../objects/wanted.js';
import type { Examination } from './examine.js';
import { protectedBecause } from './protected-kinds.js';
import { pointOf, refuseAdoption, refuseByServer, refuseOther, type Refused } from './refusals.js';
import { isAboutItself, replacedBy, takenAlong, type Trial } from './replacing.js';

/** What operations are computed with: the target's owner and the key by which values of Secrets are compared. */
export type Judge = {
  readonly owner: Owner;
  readonly hmacKey: Uint8Array;
  /** What the target holds, by identity: which fields its last apply set. */
  readonly former?: ReadonlyMap<string, InventoryEntry>;
};

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

/** What an operation says of the fields of others. */
const ofOthers = (wanted: Wanted, { live, conceded, takeovers, adoption }: Examination, judge: Judge) => {
  const entry = judge.former?.get(identityOf(wanted.object));
  const former = new Set(entry && entry.uid === live?.metadata.uid ? entry.fields : []);
  return {
    ...(conceded.length > 0 && { conceded: [...conceded] }),
    ...(takeovers.length > 0 && { takeovers: splitByFormer(takeovers, former) }),
    ...(adoption && { adopts: [...adoption.adopts] }),
  };
};

const actionOf = ({ live, takeovers, adoption }: Examination): KubernetesOperation['action'] => {
  if (!live) return 'create';
  if (adoption) return 'adopt';
  return takeovers.length > 0 ? 'takeover' : 'configure';
};

/** What is written over the very version that was tried. */
const isWrittenAt: ReadonlySet<string> = new Set(['configure', 'takeover']);

/** The paths in question without those that are conceded. */
const judgedPaths = (live: KubeObject | undefined, result: KubeObject, { conceded }: Examination) => {
  const left = new Set(conceded.flatMap(({ paths }) => paths));
  return pathsInQuestion(live, result).filter((path) => !left.has(keyOf(path)));
};

const confirmed = (
  wanted: Wanted,
  examination: Examination,
  dryRun: KubeObject,
  judge: Judge,
): KubernetesOperation => {
  const { live } = examination;
  const before = live && veil(judge.hmacKey, live);
  const result = veil(judge.hmacKey, dryRun);
  const paths = judgedPaths(before, result, examination);
  const changed = changesBetween(before, result, paths);
  const isUnchanged =
    before !== undefined &&
    !examination.adoption &&
    changed.changes.length === 0 &&
    isSameOwnership(before, result);
  const action = isUnchanged ? 'unchanged' : actionOf(examination);
  const { resourceVersion } = live?.metadata ?? {};
  return {
    ...base(wanted, live),
    action,
    certainty: 'confirmed',
    ...(resourceVersion !== undefined &&
      isWrittenAt.has(action) && {
        resourceVersion,
        rendered: renderedDigest(wanted, judge.hmacKey),
      }),
    ...(before && { before: beforeDigest(before, paths) }),
    after: afterDigest(result, paths),
    ...changed,
    ...ofOthers(wanted, examination, judge),
  };
};

/** Deletes the object and creates it anew, where Git allows that. */
const replaced = (
  wanted: Wanted,
  examination: Examination & {
    readonly live: KubeObject;
    readonly error: KubernetesError;
    readonly trial: Trial;
  },
  judge: Judge,
): KubernetesOperation => {
  const { live, error, trial } = examination;
  if (trial.error && isAboutItself(trial.error))
    return refusedOperation(wanted, live, {
      ...refuseByServer(trial.error, wanted.object, true),
      action: 'replace',
    });
  const [before, result] = [veil(judge.hmacKey, live), trial.dryRun && veil(judge.hmacKey, trial.dryRun)];
  const paths = pathsInQuestion(before, result);
  const because = protectedBecause(wanted.object) ?? confirmedBy(live);
  const along = takenAlong(wanted.object);
  return {
    ...base(wanted, live),
    action: 'replace',
    certainty: result ? 'confirmed' : 'unproven',
    before: beforeDigest(before, paths),
    after: result ? afterDigest(result, paths) : renderedDigest(wanted, judge.hmacKey),
    ...(result && changesBetween(before, result, paths)),
    ...ofOthers(wanted, examination, judge),
    replacement: {
      ...(error.details.field !== undefined && { field: error.details.field }),
      reason: pointOf(error).slice(0, 300),
      allowedBy: replacedBy(wanted.body) ?? '',
      ...(along !== undefined && { takesAlong: along }),
    },
    ...(because !== undefined && { protectedBecause: because }),
  };
};

/** The operation that takes an object from what was examined to what is wanted. Pure. */
export const judgeExamination = (
  wanted: Wanted,
  examination: Examination,
  judge: Judge,
): KubernetesOperation => {
  const { live, dryRun, error, adoption, trial } = examination;
  const other = live && refuseOther(live, judge.owner);
  if (other) return refusedOperation(wanted, live, other);
  if (adoption?.refusal) return refusedOperation(wanted, live, refuseAdoption(adoption.refusal));
  if (error?.code === 'dry-run-unsupported')
    return adoption ? refusedOperation(wanted, live, refuseAdoption(unseen)) : unproven(wanted, live, judge);
  if (live && error && trial) return replaced(wanted, { ...examination, live, error, trial }, judge);
  if (error) return refusedOperation(wanted, live, refuseByServer(error, wanted.object, live !== undefined));
  if (!dryRun) throw new TypeError('an examination holds a dry run or an error');
  return confirmed(wanted, examination, dryRun, judge);
};

const unseen = {
  code: 'adopt-unproven',
  reason:
    'another tool applied it, and a webhook refuses dry runs, so what adopting it changes cannot be seen',
};
