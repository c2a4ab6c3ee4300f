import type { ObjectName, ResourcesAnswer } from '@syncline/events';
import pLimit from 'p-limit';

import type { InventoryEntry } from '../cluster-client.js';
import { apiVersionOf, findResource } from '../discovery/resource-path.js';
import type { Workbench } from '../dry-run/diff.js';
import { isKubernetesError } from '../kubernetes-error.js';
import { identityOf } from '../objects/kube-object.js';
import { cut, describe, mostMissing, mostNotes, mostResources, withinRoom } from './bounded.js';
import { findChildren } from './children.js';
import { EventSheets } from './event-sheets.js';
import { Listing } from './listing.js';
import { nodeOf, type Node } from './node.js';

type Looked = { readonly node: Node } | { readonly missing: ObjectName };

/** The tree of what a target holds. What cannot be looked at is said in it; only a cluster out of reach fails it. */
export const targetResources = async (
  bench: Workbench,
  inventory: readonly InventoryEntry[],
  signal?: AbortSignal,
): Promise<ResourcesAnswer> => {
  const limit = pLimit(bench.concurrency);
  const asked = inventory.slice(0, mostResources);
  const looked = await Promise.all(asked.map(({ object }) => limit(() => lookAt(bench, object, signal))));
  const roots = looked.flatMap((one) => ('node' in one ? [one.node] : []));
  const missing = looked.flatMap((one) => ('missing' in one ? [one.missing] : []));
  const listing = new Listing(bench, signal);
  const nodes = await findChildren(listing, roots);
  const kept = withinRoom(nodes);
  const sheets = new EventSheets(kept);
  await listing.each('', 'Event', sheets.namespaces, (event) => sheets.add(event));
  const named = missing.slice(0, mostMissing);
  const leftOut = [
    inventory.length - asked.length,
    nodes.length - kept.length,
    missing.length - named.length,
  ];
  return {
    resources: describe(kept, sheets),
    omitted: leftOut.reduce((sum, count) => sum + count, 0),
    missing: named,
    notes: listing.notes.slice(0, mostNotes).map(cut),
  };
};

const lookAt = async (bench: Workbench, object: ObjectName, signal?: AbortSignal): Promise<Looked> => {
  const resource = findResource(await bench.capability.current(signal), object);
  if (!resource)
    return { node: unseen(object, `the cluster serves no ${object.kind} of ${object.apiVersion}`) };
  try {
    const live = await bench.api.find(resource, object, signal);
    if (!live) return { missing: object };
    return { node: nodeOf({ ...live, apiVersion: apiVersionOf(resource), kind: resource.kind }) };
  } catch (error) {
    if (!isKubernetesError(error, 'forbidden')) throw error;
    return { node: unseen(object, error.message) };
  }
};

/** What is held and may not be looked at; its key stands for its uid. */
const unseen = (object: ObjectName, message: string): Node => ({
  object,
  key: identityOf(object),
  health: 'Unknown',
  message,
});
