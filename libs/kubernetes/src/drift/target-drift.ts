import { setTimeout as delay } from 'node:timers/promises';

import type { DriftedObject } from '@syncline/events';

import type { DriftWatch, InventoryEntry, PutBack } from '../cluster-client.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';
import { identityOf, type KubeObject } from '../objects/kube-object.js';
import { prepare, type Wanted } from '../objects/wanted.js';
import { fieldManager, partOfLabel } from '../objects/marks.js';
import { escapePointer } from '../objects/secret-veil.js';
import type { KindWatch, Seen } from '../watch/kind-watch.js';
import type { Capability } from '../discovery/capability.js';
import { examineDrift, type DriftEyes } from './examine-drift.js';
import { lostPaths } from './judge-drift.js';
import { fieldsDigest, ownershipOf } from './ownership.js';
import { PassPause } from './pass-pause.js';
import { putBackBy } from './put-back.js';

/** One object of a target as its watch sees it; `kind` is undefined where nothing can be seen now. */
export type DriftView = {
  readonly entry: InventoryEntry;
  readonly kind: KindWatch | undefined;
  readonly seen: Seen | undefined;
};

type Verdict = { readonly token: string; readonly drift: DriftedObject | undefined };

const retryMs = 2_000;
const mostPutBack = 100;
/** What lost this label is not followed by its watch any more, and is read now and then. */
const followedBy = `/metadata/labels/${escapePointer(partOfLabel)}`;
const unfollowedMs = 30_000;

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
  /** What was put back since drift was last told. */
  #putBack: readonly PutBack[] = [];
  readonly #pause = new PassPause();
  #relook: NodeJS.Timeout | undefined;

  constructor(
    entries: readonly InventoryEntry[],
    private readonly watch: DriftWatch,
    private readonly around: DriftEyes & { readonly capability: Capability },
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
        await delay(this.#pause.length(performance.now()), undefined, {
          signal: this.around.signal,
          ref: false,
        });
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
    const failure = suspects.length > 0 ? await this.#lookAtAll(suspects) : undefined;
    this.#tell(suspects.every(({ entry }) => this.#verdicts.has(entry)));
    this.#lookAgainAtUnfollowed();
    if (failure) throw failure;
  }

  /** One object of which the server does not say enough keeps nobody from the others; gives the last such failure. */
  async #lookAtAll(suspects: readonly DriftView[]): Promise<KubernetesError | undefined> {
    this.#pause.note(performance.now());
    const applied = await this.#applied();
    let failure: KubernetesError | undefined;
    for (const view of suspects) {
      try {
        await this.#look(view, applied);
      } catch (error) {
        if (!isKubernetesError(error) || error.code === 'cluster-unreachable') throw error;
        failure = error;
      }
    }
    return failure;
  }

  #lookAgainAtUnfollowed(): void {
    const isUnfollowed = ({ drift }: Verdict) =>
      drift?.fields.some(({ path }) => path === followedBy) === true;
    const unfollowed = [...this.#verdicts].filter(([, verdict]) => isUnfollowed(verdict));
    if (this.#relook || unfollowed.length === 0) return;
    this.#relook = setTimeout(() => {
      this.#relook = undefined;
      for (const [entry, verdict] of unfollowed)
        if (this.#verdicts.get(entry) === verdict) this.#verdicts.set(entry, { ...verdict, token: 'again' });
      this.see(this.#views);
    }, unfollowedMs).unref();
  }

  /** Whether an object is to be read: it is not as the apply left it, nor as it was judged before. */
  #isSuspect({ entry, kind, seen }: DriftView, at: number): boolean {
    if (!kind || entry.fields === undefined) return false;
    if (seen?.uid === entry.uid && seen.ours === this.#expected[at] && !seen.isDeleting) {
      const former = this.#verdicts.get(entry)?.drift;
      if (former) this.#notePutBack(former, fieldManager);
      this.#verdicts.delete(entry);
      return false;
    }
    return this.#verdicts.get(entry)?.token !== tokenOf(seen);
  }

  async #look({ entry, kind }: DriftView, applied: ReadonlyMap<string, Wanted>): Promise<void> {
    if (!kind) return;
    const before = tokenOf(kind.find(nameOf(entry)));
    const live = await kind.read(entry.object, this.around.signal);
    const drift = await examineDrift(this.around, entry, live, applied.get(identityOf(entry.object)));
    const former = this.#verdicts.get(entry);
    const ended = endedOf(former?.drift, drift);
    if (ended) this.#notePutBack(ended, putBackBy(entry, live, ended));
    else if (!drift && !former && live)
      this.#notePutBack(asLost(entry, live), putBackBy(entry, live, undefined));
    // Of the very version that was judged: the watch may have told of another one meanwhile.
    const token = live ? tokenOf({ uid: live.metadata.uid ?? '', ...ownershipOf(live) }) : before;
    this.#verdicts.set(entry, { token, drift });
  }

  /** The manifests of the last apply as they were sent; read only where something is not as it was, and not kept. */
  async #applied(): Promise<ReadonlyMap<string, Wanted>> {
    const { capability, hmacKey, signal } = this.around;
    const [target, capabilities] = await Promise.all([this.watch.applied(), capability.current(signal)]);
    return new Map(
      prepare(target, capabilities, hmacKey).map((wanted) => [identityOf(wanted.object), wanted]),
    );
  }

  /** That there is no drift is told only where every object is known. */
  #tell(isAllKnown: boolean): void {
    if (this.around.signal.aborted) return;
    const drifted = this.#views.flatMap(({ entry }) => this.#verdicts.get(entry)?.drift ?? []);
    const told = JSON.stringify(drifted);
    if (told === this.#told || (drifted.length === 0 && !isAllKnown)) return;
    this.#told = told;
    const undoneBy = drifted.length === 0 ? this.#undoneBy : undefined;
    this.watch.onDrift(drifted, { ...(undoneBy !== undefined && { undoneBy }), putBack: this.#putBack });
    this.#putBack = [];
  }

  #notePutBack({ object, fields }: Pick<DriftedObject, 'object'> & Paths, manager: string | undefined): void {
    this.#undoneBy = manager;
    const by = { object, ...(manager !== undefined && { manager }) };
    const ended = fields.length === 0 ? [by] : fields.map(({ path }) => ({ ...by, path }));
    this.#putBack = [...this.#putBack, ...ended].slice(-mostPutBack);
  }
}

type Paths = { readonly fields: readonly { readonly path: string }[] };

/** What is ours no more and is as it was applied: somebody put it back before it was looked at. */
const asLost = (entry: InventoryEntry, live: KubeObject): Pick<DriftedObject, 'object'> & Paths => ({
  object: entry.object,
  fields: lostPaths(entry, live).map((path) => ({ path })),
});

/** What of a drift is no more, of an object as it was judged before and as it is judged now. */
const endedOf = (
  before: DriftedObject | undefined,
  now: DriftedObject | undefined,
): DriftedObject | undefined => {
  if (!before || !now) return before;
  const fields = before.fields.filter(({ path }) => !now.fields.some((one) => one.path === path));
  return fields.length > 0 && now.change === 'changed' ? { ...before, fields } : undefined;
};

const nameOf = ({ object }: InventoryEntry): string => `${object.namespace ?? ''}/${object.name}`;
const tokenOf = (seen: Pick<Seen, 'uid' | 'owners'> | undefined): string =>
  seen ? `${seen.uid} ${seen.owners}` : 'gone';
