import type { InventoryEntry, TargetHealth } from '../cluster-client.js';
import type { TargetDrift } from '../drift/target-drift.js';
import { localName, type KindWatch } from './kind-watch.js';

/** One target that is watched. */
export type Target = {
  readonly entries: readonly InventoryEntry[];
  readonly onHealth: (health: TargetHealth) => void;
  readonly stop: AbortController;
  readonly drift: TargetDrift | undefined;
  /** The watch of each entry's kind; undefined where the cluster does not serve it. */
  kinds: readonly (KindWatch | undefined)[];
  /** Whether what the watches may not have seen yet was looked at. */
  phase: 'opening' | 'looking' | 'watching';
  told: string | undefined;
};

/** The names of what a target holds (`namespace/name`). */
export const namesOf = ({ entries }: Pick<Target, 'entries'>): readonly string[] =>
  entries.map(({ object }) => localName(object));
