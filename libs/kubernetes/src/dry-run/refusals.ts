import type { KubernetesOperation } from '@syncline/events';

import type { KubernetesError } from '../kubernetes-error.js';
import { formatObject } from '../kubernetes-error.js';
import { isAppliedByUs, otherManagers } from '../fields/owned-paths.js';
import type { KubeObject } from '../objects/kube-object.js';
import { otherOwner, type Owner } from '../objects/marks.js';

/** The part of an operation that says why it is not carried out. */
export type Refused = Pick<KubernetesOperation, 'action' | 'certainty' | 'refusal' | 'takeovers'>;

/** Tools that apply objects as Syncline does; what they applied first is adopted, never silently taken. */
const otherTools: ReadonlySet<string> = new Set([
  'kubectl', 'kubectl-client-side-apply', 'before-first-apply', 'helm', 'argocd-controller', 'kustomize-controller',
  'helm-controller', 'argocd-application-controller',
]); // prettier-ignore

/** Who applied an object that we never did; undefined where nobody did, or we have. */
const foreignApplier = (live: KubeObject): string | undefined => {
  if (isAppliedByUs(live)) return undefined;
  return otherManagers(live).find(
    ({ manager, operation }) => otherTools.has(manager) || operation === 'Apply',
  )?.manager;
};

/** Why a live object is not ours to configure, whatever the dry run says. */
export const refuseForeign = (live: KubeObject, owner: Owner): Refused | undefined => {
  const other = otherOwner(live, owner);
  if (other !== undefined) {
    const reason = `it belongs to application ${other}; remove it there first`;
    return { action: 'takeover', certainty: 'refused', refusal: { code: 'owned-by-application', reason } };
  }
  const applier = foreignApplier(live);
  if (applier === undefined) return undefined;
  const reason = `it was applied by ${applier}; adopting objects is not carried out by this version`;
  return { action: 'adopt', certainty: 'refused', refusal: { code: 'adopt-unsupported', reason } };
};

const takeover = (error: KubernetesError): Refused => {
  const conflicts = error.details.conflicts ?? [];
  const held = conflicts.map(({ manager, paths }) => `${manager} holds ${paths.join(', ')}`).join('; ');
  return {
    action: 'takeover',
    certainty: 'refused',
    takeovers: conflicts.map(({ manager, paths }) => ({ manager, paths: [...paths] })),
    refusal: {
      code: error.code,
      reason: `${held}; taking fields over is not carried out by this version`,
      ...(error.details.field !== undefined && { field: error.details.field }),
    },
  };
};

/** What the refusal of a dry run means for the plan. */
export const refuseByServer = (error: KubernetesError, isThere: boolean): Refused => {
  if (error.code === 'conflict-field-manager') return takeover(error);
  const refusal = {
    code: error.code,
    reason: error.message,
    ...(error.details.field !== undefined && { field: error.details.field }),
  };
  if (error.code !== 'immutable')
    return { action: isThere ? 'configure' : 'create', certainty: 'refused', refusal };
  const reason = `${error.message}; replacing objects is not carried out by this version`;
  return { action: 'replace', certainty: 'refused', refusal: { ...refusal, reason } };
};

/** A refusal of the plan as a sentence about the object, for an apply that meets it. */
export const sentenceOf = (operation: Pick<KubernetesOperation, 'object' | 'refusal'>): string =>
  operation.refusal?.reason.startsWith(formatObject(operation.object)) === true
    ? operation.refusal.reason
    : `${formatObject(operation.object)}: ${operation.refusal?.reason ?? 'refused'}`;
