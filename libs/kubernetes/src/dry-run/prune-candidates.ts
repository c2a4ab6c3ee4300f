import type { KubernetesOperation } from '@syncline/events';

import type { InventoryEntry, ServedResource } from '../cluster-client.js';
import { identityOf, type KubeObject } from '../objects/kube-object.js';
import { confirmedBy, keptBy, whyNotOurs } from '../objects/marks.js';
import type { Wanted } from '../objects/wanted.js';
import { ownBefore, type Judge } from './operation.js';
import { protectedBecause } from './protected-kinds.js';

/** An object of the inventory that the target no longer wants, as it is live. */
export type Leftover = {
  readonly entry: InventoryEntry;
  readonly resource: ServedResource;
  readonly live: KubeObject;
};

/** The entries that the target no longer wants by name; the application's own namespace is never among them. */
export const unwantedEntries = (
  inventory: readonly InventoryEntry[],
  wanted: readonly Wanted[],
  namespace: string,
): InventoryEntry[] => {
  const identities = new Set(wanted.map(({ object }) => identityOf(object)));
  const own = identityOf({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  return inventory.filter(({ object }) => !identities.has(identityOf(object)) && identityOf(object) !== own);
};

/**
 * Why a leftover is not deleted; undefined where it may be. The uid must be the recorded one and no wanted object's (the same
 * object under another apiVersion), its marks must name it, no controller may own it, and nobody may have asked to keep it.
 */
export const whyKept = (
  { entry, live }: Leftover,
  wantedUids: ReadonlySet<string>,
  judge: Judge,
): string | undefined => {
  if (live.metadata.uid !== entry.uid) return 'it is another object of the same name';
  if (wantedUids.has(entry.uid)) return 'it is wanted under another apiVersion';
  return whyNotOurs(live, entry.object, judge.owner) ?? keptBy(live);
};

/** The operation that deletes a leftover. */
export const pruneOperation = ({ entry, live }: Leftover, judge: Judge): KubernetesOperation => {
  const asked = confirmedBy(live);
  const because = protectedBecause(entry.object) ?? (asked && `its annotation asks for it: ${asked}`);
  return {
    kind: 'kubernetes',
    action: 'prune',
    certainty: 'confirmed',
    object: entry.object,
    uid: entry.uid,
    before: ownBefore(live, judge),
    changes: [],
    ...(because !== undefined && { protectedBecause: because }),
  };
};
