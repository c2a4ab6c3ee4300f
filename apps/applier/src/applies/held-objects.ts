import type { Holdings } from '@syncline/domain';
import { planDocument, type ObjectName, type TargetName } from '@syncline/events';
import type { InventoryEntry } from '@syncline/kubernetes';

import type { ClusterSurroundings } from '../surroundings.js';
import { readInventory } from './plan-inputs.js';

/** What such an operation leaves may be an object that the inventory before it does not know. */
const making: ReadonlySet<string> = new Set(['create', 'replace', 'adopt', 'takeover']);

/** The objects that a plan was to make. A plan's digest is that of its document. */
const madeBy = async ({ documents }: ClusterSurroundings, plan: string): Promise<readonly ObjectName[]> => {
  const found = planDocument.safeParse(await documents.readJson({ digest: plan }));
  // What is no plan that this version reads was not carried out by it.
  if (!found.success) return [];
  return found.data.operations.flatMap((one) => (making.has(one.action) ? [one.object] : []));
};

const keyOf = ({ apiVersion, kind, namespace, name }: ObjectName): string =>
  [apiVersion, kind, namespace ?? '', name].join('\0');

/**
 * What a target holds: its inventory, and what plans have made that ended without telling, because their applier died. Those
 * objects are looked for, else nobody would ever delete them.
 */
export const readHeldObjects = async (
  around: ClusterSurroundings,
  owner: Pick<TargetName, 'project' | 'application'>,
  { inventory, unsettled = [] }: Pick<Holdings, 'inventory' | 'unsettled'>,
  signal?: AbortSignal,
): Promise<readonly InventoryEntry[]> => {
  const known = await readInventory(around.documents, inventory);
  if (unsettled.length === 0) return known;
  const made = (await Promise.all(unsettled.map((plan) => madeBy(around, plan)))).flat();
  const sought = [...new Map(made.map((object) => [keyOf(object), object])).values()];
  const found = await around.client.findOwn(owner, sought, signal);
  const all = new Map([...known, ...found].map((entry) => [keyOf(entry.object), entry]));
  return [...all.values()];
};
