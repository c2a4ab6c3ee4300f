import { inventoryDocument, planDocument, type PlanDocument, type TargetName } from '@syncline/events';
import { CommandRefused, digestOf, type BlobRef } from '@syncline/kernel';
import type { InventoryEntry, TargetManifests } from '@syncline/kubernetes';

import type { Documents } from '../documents.js';
import { openManifests } from '../manifests.js';
import type { ApprovedPlan, PlanParts } from './current-plan.js';

/** Everything that one apply works with. Values of Secrets are in it: it lives as long as the apply. */
export type PlanInputs = {
  readonly plan: PlanDocument;
  readonly target: TargetManifests;
};

/**
 * Reads what a plan is made of and refuses what does not fit its digests: what is carried out is what was approved,
 * to the byte, on the target for which it was.
 */
export const readPlanInputs = async (
  documents: Documents,
  identity: string,
  name: TargetName,
  { parts, ignore }: Pick<ApprovedPlan, 'parts' | 'ignore'>,
): Promise<PlanInputs> => {
  const plan = verifyPlan(await documents.readJson(parts.document), parts, name);
  const { objects, secrets, render } = await openManifests(documents, identity, parts.manifests);
  if (render !== plan.render) {
    throw new CommandRefused(
      'render-digest-mismatch',
      `The manifests have the digest ${short(render)}; the plan was approved for ${short(plan.render)}. Plan the target anew.`,
    );
  }
  const { project, application } = name;
  return {
    plan,
    target: { project, application, namespace: plan.namespace, objects, secrets, ignore },
  };
};

/** What a target holds; nothing where there is no inventory yet. */
export const readInventory = async (
  documents: Documents,
  ref: BlobRef | undefined,
): Promise<readonly InventoryEntry[]> => (ref ? (await documents.read(ref, inventoryDocument)).objects : []);

/** The plan in a document, where it is the approved one of this target. */
export const verifyPlan = (document: unknown, parts: PlanParts, name: TargetName): PlanDocument => {
  const found = digestOf(document);
  if (found !== parts.plan) {
    throw new CommandRefused(
      'plan-digest-mismatch',
      `The plan's document has the digest ${short(found)}; ${short(parts.plan)} was approved. Plan the target anew.`,
    );
  }
  const parsed = planDocument.safeParse(document);
  if (!parsed.success)
    throw new CommandRefused(
      'plan-unreadable',
      `Plan ${short(parts.plan)} is no plan that this version reads.`,
    );
  const plan = parsed.data;
  const isOurs =
    plan.project === name.project &&
    plan.application === name.application &&
    plan.destination.name === name.cluster &&
    plan.revision === parts.revision &&
    plan.render === parts.render;
  if (!isOurs) {
    throw new CommandRefused(
      'plan-misplaced',
      `Plan ${short(parts.plan)} is for ${plan.project}/${plan.application} on ${plan.destination.name}, not for this target.`,
    );
  }
  const refused = plan.operations.find((operation) => operation.certainty === 'refused');
  if (refused) {
    throw new CommandRefused(
      'plan-refused',
      `Plan ${short(parts.plan)} holds a refused operation on ${refused.object.kind} ${refused.object.name}; it can only be looked at.`,
    );
  }
  return plan;
};

const short = (digest: string): string => digest.slice(0, 12);
