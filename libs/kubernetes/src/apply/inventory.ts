import type { InventoryEntry } from '../cluster-client.js';
import { identityOf } from '../objects/kube-object.js';
import { appliedFields, type CarriedOut } from './writing.js';

/** What a target holds: the former inventory, in which each object that is applied takes its place and each that is deleted leaves. */
export class Inventory {
  readonly #entries: Map<string, InventoryEntry>;

  constructor(former: readonly InventoryEntry[]) {
    this.#entries = new Map(former.map((entry) => [identityOf(entry.object), entry]));
  }

  hold({ result, live }: CarriedOut): void {
    if (result.uid === undefined) return;
    this.#entries.set(identityOf(result.object), {
      object: result.object,
      uid: result.uid,
      ...(result.generation !== undefined && { generation: result.generation }),
      fields: appliedFields(live),
    });
  }

  release(object: InventoryEntry['object']): void {
    this.#entries.delete(identityOf(object));
  }

  entries(): InventoryEntry[] {
    return [...this.#entries.values()];
  }
}
