import { ownershipOf, type Ownership } from '../drift/ownership.js';
import type { ServedResource } from '../cluster-client.js';
import type { ObjectApi } from '../connection/object-api.js';
import type { Transport } from '../connection/transport.js';
import type { Surroundings } from '../health/compute-health.js';
import { computeHealth } from '../health/compute-health.js';
import type { Verdict } from '../health/verdict.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';
import { nameOf, type KubeObject } from '../objects/kube-object.js';
import { partOfLabel } from '../objects/marks.js';
import type { ObjectName } from '@syncline/events';
import { ListWatch } from './list-watch.js';

/** What is kept of an object: its health, who owns it and what orders it in time, never the object itself. */
export type Seen = Verdict &
  Ownership & {
    readonly uid: string;
    readonly version: string;
    readonly generation: number;
    readonly isDeleting: boolean;
    /** The labels of a workload's Pods. */
    readonly podLabels?: Readonly<Record<string, string>>;
  };

/** `namespace/name`, by which the objects of one kind are told apart. */
export const localName = ({ namespace, name }: Pick<ObjectName, 'namespace' | 'name'>): string =>
  `${namespace ?? ''}/${name}`;

const podLabelsOf = (object: KubeObject): Readonly<Record<string, string>> | undefined =>
  (object.spec as { selector?: { matchLabels?: Record<string, string> } } | undefined)?.selector?.matchLabels;

const seen = (object: KubeObject, around: Surroundings): Seen => {
  const podLabels =
    object.apiVersion === 'apps/v1' || object.kind === 'Job' ? podLabelsOf(object) : undefined;
  return {
    ...computeHealth(object, around),
    ...ownershipOf(object),
    uid: object.metadata.uid ?? '',
    version: object.metadata.resourceVersion ?? '',
    generation: object.metadata.generation ?? 0,
    isDeleting: object.metadata.deletionTimestamp !== undefined,
    ...(podLabels && { podLabels }),
  };
};

/** Whether a version is older than another of the same kind; etcd's are numbers, of whatever length. */
const isOlder = (version: string, than: string): boolean =>
  /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) < BigInt(than);

/** What a kind's watch tells. */
export type KindNews = {
  /** What was seen of an object (`namespace/name`) is another; without a name, of any. */
  readonly changed: (name?: string) => void;
  /** Why it has tried several times in vain; undefined when it watches again. */
  readonly held: (reason: string | undefined) => void;
};

/** The health of all managed objects of one kind on a cluster, by one list/watch that all targets share. */
export class KindWatch {
  readonly #seen = new Map<string, Seen>();
  /** Reads under way: what they find is no news where the watch has since told that the object went. */
  readonly #reads = new Set<{ readonly name: string; isOvertaken: boolean }>();
  readonly #stop = new AbortController();
  readonly #watch: ListWatch;
  #isListed = false;
  #failure: KubernetesError | undefined;

  constructor(
    transport: Transport,
    private readonly api: ObjectApi,
    private readonly resource: ServedResource,
    private readonly around: (object: KubeObject) => Surroundings,
    private readonly news: KindNews,
  ) {
    const events = {
      replaced: (objects: readonly KubeObject[]) => this.#replace(objects),
      changed: (object: KubeObject) => this.#take(object),
      removed: (object: KubeObject) => void this.#remove(object),
      failed: (error: KubernetesError) => this.#fail(error),
      held: (error?: KubernetesError) => this.news.held(error?.message),
    };
    this.#watch = new ListWatch(transport, resource, { labelSelector: partOfLabel }, events);
    void this.#watch.run(this.#stop.signal);
  }

  /** Whether it is known how the objects are: after the first list, or once it is clear that there will be none. */
  get isKnown(): boolean {
    return this.#isListed || (this.#failure !== undefined && !this.#failure.retryable);
  }

  /** What was last seen of an object. */
  find(name: string): Seen | undefined {
    return this.#seen.get(name);
  }

  /** Why nothing can be seen of this kind. */
  get failure(): KubernetesError | undefined {
    return this.#isListed ? undefined : this.#failure;
  }

  /** Reads one object as it is now; undefined where it is not there. Throws KubernetesError. */
  async read(object: ObjectName, signal: AbortSignal): Promise<KubeObject | undefined> {
    for (;;) {
      const read = { name: localName(object), isOvertaken: false };
      this.#reads.add(read);
      try {
        const live = await this.api.find(this.resource, object, signal);
        if (live && read.isOvertaken) continue;
        if (live) this.#take(live);
        return live;
      } finally {
        this.#reads.delete(read);
      }
    }
  }

  /** Reads one object now, where the watch may be behind what an apply just wrote. */
  async look(object: ObjectName): Promise<void> {
    try {
      await this.read(object, this.#stop.signal);
    } catch (error) {
      if (!isKubernetesError(error) && !this.#stop.signal.aborted) throw error;
    }
  }

  /** Watches anew at once, after the server was away. */
  renew(): void {
    this.#watch.renew();
  }

  close(): void {
    this.#stop.abort();
  }

  #replace(objects: readonly KubeObject[]): void {
    this.#seen.clear();
    for (const read of this.#reads) read.isOvertaken = true;
    for (const object of objects)
      this.#seen.set(localName(nameOf(object)), seen(object, this.around(object)));
    this.#isListed = true;
    this.#failure = undefined;
    this.news.changed();
  }

  #take(object: KubeObject): void {
    const name = localName(nameOf(object));
    const former = this.#seen.get(name);
    const now = seen(object, this.around(object));
    if (former && isOlder(now.version, former.version)) return;
    this.#seen.set(name, now);
    this.news.changed(name);
  }

  /** The watch also says deleted where an object only lost its label, so it is looked for. */
  async #remove(object: KubeObject): Promise<void> {
    const name = localName(nameOf(object));
    const former = this.#seen.get(name);
    if (former && former.uid !== object.metadata.uid) return;
    this.#seen.delete(name);
    for (const read of this.#reads) read.isOvertaken ||= read.name === name;
    if (object.metadata.deletionTimestamp === undefined) await this.look(nameOf(object));
    this.news.changed(name);
  }

  #fail(error: KubernetesError): void {
    this.#failure = error;
    // Out of reach says nothing about health; what was seen stands until the link is back or lost.
    if (!error.retryable) this.#isListed = false;
    this.news.changed();
  }
}
