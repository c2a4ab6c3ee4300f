import type { KubernetesOperation, PlanDocument } from '@syncline/events';

import { identityOf } from '../objects/kube-object.js';
import type { Wanted } from '../objects/wanted.js';
import { sentenceOf } from '../dry-run/refusals.js';
import { failed } from './apply-end.js';

/** A wanted object and the operation that the plan has for it. */
export type Matched = { readonly wanted: Wanted; readonly operation: KubernetesOperation };

/** What a plan does to each wanted object, and what it deletes. Throws where the plan cannot be carried out or is of other manifests. */
export const matchPlan = (
  plan: PlanDocument,
  wanted: readonly Wanted[],
): { readonly matched: Matched[]; readonly prunes: KubernetesOperation[] } => {
  const { operations } = plan;
  const refused = operations.find(({ certainty }) => certainty === 'refused');
  if (refused) throw failed(refused.object, 'plan-refused', sentenceOf(refused));
  const prunes = operations.filter(({ action }) => action === 'prune');
  const byIdentity = new Map(
    operations
      .filter(({ action }) => action !== 'prune')
      .map((operation) => [identityOf(operation.object), operation]),
  );
  const matched = wanted.flatMap((one) => {
    const operation = byIdentity.get(identityOf(one.object));
    byIdentity.delete(identityOf(one.object));
    if (operation) return { wanted: one, operation };
    if (one.isImplicit) return [];
    throw failed(one.object, 'manifest-mismatch', 'the plan has no operation for it');
  });
  const [extra] = byIdentity.values();
  if (extra)
    throw failed(
      extra.object,
      'manifest-mismatch',
      'the plan has an operation for it, and the manifests do not have it',
    );
  return { matched, prunes };
};
