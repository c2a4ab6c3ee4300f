import { setTimeout as delay } from 'node:timers/promises';

import type { DriftedObject } from '@syncline/events';

import type { DriftWatch, InventoryEntry } from '../cluster-client.js';
import { isKubernetesError } from '../kubernetes-error.js';
import { identityOf, type KubeObject } from '../objects/kube-object.js';
import { prepare } from '../objects/wanted.js';
import { fieldManager } from '../objects/marks.js';
import { veil } from '../objects/secret-veil.js';
import type { KindWatch, Seen } from '../watch/kind-watch.js';
import type { Capability } from '../discovery/capability.js';
import type { Neighbourhood } from '../dry-run/neighbourhood.js';
import { replicas } from '../fields/autoscalers.js';
import { judgeDrift, type Compared } from './judge-drift.js';
import { fieldsDigest } from './ownership.js';
import { putBackBy } from './put-back.js';

/** One object of a target as its watch sees it; `kind` is undefined where nothing can be seen now. */
export type DriftView = {
  readonly entry: InventoryEntry;
  readonly kind: KindWatch | undefined;
  readonly seen: Seen | undefined;
};

type Verdict = { readonly token: string; readonly drift: DriftedObject | undefined };

const retryMs = 2_000;
/** Between two looks at a target. */
const passPauseMs = 250;

/**
 * The drift of one target. What a watch shows of ownership tells which objects are as the apply left them, at no cost; only
 * the others are read, once for each change.
 */
export class TargetDrift {
  readonly #expected: readonly string[];
  readonly #verdicts = new Map<InventoryEntry, Verdict>();
  #views: readonly DriftView[] = [];
  #working = false;
  #again = false;
  #told: string | undefined;
  /** Who ended the drift of an object last. */
  #undoneBy: string | undefined;

  constructor(
    entries: readonly InventoryEntry[],
    private readonly watch: DriftWatch,
    private readonly around: {
      readonly capability: Capability;
      readonly neighbourhood: Neighbourhood;
      readonly hmacKey: Uint8Array;
      readonly signal: AbortSignal;
    },
  ) {
    this.#expected = entries.map(({ fields }) => fieldsDigest(fields ?? []));
  }

  /** Takes what is seen now, in the order of the entries. */
  see(views: readonly DriftView[]): void {
    this.#views = views;
    this.#again = true;
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      while (this.#again && !this.around.signal.aborted) {
        this.#again = false;
        await this.#judge(this.#views);
        // Whoever writes without a pause is looked at now and then, not at every write.
        await delay(passPauseMs, undefined, { signal: this.around.signal, ref: false });
      }
    } catch (error) {
      if (this.around.signal.aborted) return;
      // What cannot be read or unsealed now is looked at again.
      setTimeout(() => this.see(this.#views), retryMs).unref();
      if (!isKubernetesError(error)) this.watch.onTrouble(error);
    } finally {
      this.#working = false;
    }
  }

  async #judge(views: readonly DriftView[]): Promise<void> {
    const suspects = views.filter((view, at) => this.#isSuspect(view, at));
    if (suspects.length > 0) {
      const applied = await this.#applied();
      for (const view of suspects) await this.#look(view, applied);
    }
    this.#tell();
  }

  /** Whether an object is to be read: it is not as the apply left it, nor as it was judged before. */
  #isSuspect({ entry, kind, seen }: DriftView, at: number): boolean {
    if (!kind || entry.fields === undefined) return false;
    if (seen?.uid === entry.uid && seen.ours === this.#expected[at] && !seen.isDeleting) {
      if (this.#verdicts.get(entry)?.drift) this.#undoneBy = fieldManager;
      this.#verdicts.delete(entry);
      return false;
    }
    return this.#verdicts.get(entry)?.token !== tokenOf(seen);
  }

  async #look({ entry, kind }: DriftView, applied: ReadonlyMap<string, KubeObject>): Promise<void> {
    const { hmacKey, signal } = this.around;
    if (!kind) return;
    const live = await kind.read(entry.object, signal);
    const body = applied.get(identityOf(entry.object));
    const drift = await this.#scaled({
      entry,
      applied: body && veil(hmacKey, body),
      live: live && veil(hmacKey, live),
    });
    const former = this.#verdicts.get(entry);
    if (!drift && (!former || former.drift)) this.#undoneBy = putBackBy(entry, live, former?.drift);
    this.#verdicts.set(entry, { token: tokenOf(kind.find(nameOf(entry))), drift });
  }

  /** Judges; an autoscaler is looked for only where a number of replicas is in question. */
  async #scaled(compared: Compared): Promise<DriftedObject | undefined> {
    const drift = judgeDrift(compared);
    if (drift?.fields.every(({ path }) => path !== replicas.pointer) ?? true) return drift;
    const { neighbourhood, signal } = this.around;
    const scaler = await neighbourhood.autoscalerOf(compared.entry.object, signal);
    return scaler === undefined ? drift : judgeDrift({ ...compared, isScaled: true });
  }

  /** The manifests of the last apply as they were sent; read only where something is not as it was, and not kept. */
  async #applied(): Promise<ReadonlyMap<string, KubeObject>> {
    const { capability, hmacKey, signal } = this.around;
    const [target, capabilities] = await Promise.all([this.watch.applied(), capability.current(signal)]);
    return new Map(
      prepare(target, capabilities, hmacKey).map(({ object, body }) => [identityOf(object), body]),
    );
  }

  #tell(): void {
    if (this.around.signal.aborted) return;
    const drifted = this.#views.flatMap(({ entry }) => this.#verdicts.get(entry)?.drift ?? []);
    const told = JSON.stringify(drifted);
    if (told === this.#told) return;
    this.#told = told;
    this.watch.onDrift(drifted, drifted.length === 0 ? this.#undoneBy : undefined);
  }
}

const nameOf = ({ object }: InventoryEntry): string => `${object.namespace ?? ''}/${object.name}`;
const tokenOf = (seen: Seen | undefined): string => (seen ? `${seen.uid} ${seen.owners}` : 'gone');
