import type { ServedNews, ServedResource } from '../cluster-client.js';
import type { Transport } from '../connection/transport.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { ListWatch } from './list-watch.js';

/** What decides which kinds an API server serves beside its own. */
const sources: readonly ServedResource[] = [
  {
    ...{ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
    ...{ plural: 'customresourcedefinitions', namespaced: false },
  },
  {
    ...{ group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService' },
    ...{ plural: 'apiservices', namespaced: false },
  },
];

/** One that may not list tries again so often: it may have been allowed to meanwhile. */
const refusedMs = 10 * 60_000;

/** What asking again soon does not help with. */
const refusals = ['forbidden', 'bad-request', 'not-found', 'kind-unknown'] as const;

/** `absent`: the server has no such kind, so nothing of it decides anything. */
type Sight = 'watched' | 'absent' | 'refused' | 'unreached';

/** Follows which objects of one kind are there, by their versions; of the objects nothing is kept. */
class SourceWatch {
  #versions = new Map<string, string>();
  #sight: Sight | undefined;
  #stop = new AbortController();
  #watch: ListWatch | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly resource: ServedResource,
    private readonly onNews: () => void,
  ) {
    this.#begin();
  }

  get sight(): Sight | undefined {
    return this.#sight;
  }

  renew(): void {
    this.#watch?.renew();
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  #begin(): void {
    this.#stop = new AbortController();
    const events = {
      replaced: (objects: readonly KubeObject[]) => this.#replace(objects),
      changed: ({ metadata }: KubeObject) => this.#take(metadata.name ?? '', metadata.resourceVersion),
      removed: ({ metadata }: KubeObject) => this.#take(metadata.name ?? '', undefined),
      failed: (error: KubernetesError) => this.#fail(error),
      held: (error?: KubernetesError) => this.#fail(error),
    };
    this.#watch = new ListWatch(this.transport, this.resource, { isMetadataEnough: true }, events);
    void this.#watch.run(this.#stop.signal);
  }

  #replace(objects: readonly KubeObject[]): void {
    const versions = new Map(
      objects.map(({ metadata: { name = '', resourceVersion = '' } }) => [name, resourceVersion]),
    );
    const isSame =
      versions.size === this.#versions.size &&
      [...versions].every(([name, version]) => this.#versions.get(name) === version);
    this.#versions = versions;
    this.#see('watched', !isSame);
  }

  #take(name: string, version: string | undefined): void {
    if (this.#versions.get(name) === version) return;
    if (version === undefined) this.#versions.delete(name);
    else this.#versions.set(name, version);
    this.onNews();
  }

  /** What cannot be had for now is tried again by the watch itself; what is refused, only rarely. */
  #fail(error: KubernetesError | undefined): void {
    if (!error) return;
    if (!isKubernetesError(error, ...refusals)) {
      this.#see(this.#sight ?? 'unreached', false);
      return;
    }
    this.close();
    this.#timer = setTimeout(() => this.#begin(), refusedMs).unref();
    this.#see(isKubernetesError(error, 'kind-unknown') ? 'absent' : 'refused', false);
  }

  #see(sight: Sight, isChanged: boolean): void {
    const isNews = isChanged || this.#sight !== sight;
    this.#sight = sight;
    if (isNews) this.onNews();
  }
}

/**
 * Follows what decides which kinds an API server serves, by metadata alone: definitions are large, and many. Nothing is asked
 * before somebody wants to know.
 */
export class ServedWatch {
  readonly #listeners = new Set<(news: ServedNews) => void>();
  #sources: readonly SourceWatch[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly onChange: () => void,
  ) {}

  watch(onNews: (news: ServedNews) => void): () => void {
    this.#listeners.add(onNews);
    if (this.#sources.length === 0)
      this.#sources = sources.map((one) => new SourceWatch(this.transport, one, () => this.#tell()));
    else if (this.#isKnown) onNews(this.#news);
    return () => {
      this.#listeners.delete(onNews);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** Watches anew at once, after the server was away. */
  renew(): void {
    for (const source of this.#sources) source.renew();
  }

  close(): void {
    for (const source of this.#sources) source.close();
    this.#sources = [];
  }

  get #isKnown(): boolean {
    return this.#sources.every(({ sight }) => sight !== undefined);
  }

  get #news(): ServedNews {
    return { isWatched: this.#sources.every(({ sight }) => sight === 'watched' || sight === 'absent') };
  }

  /** At the first news of one source the others may not be known yet: what is watched is watched from before it is looked at. */
  #tell(): void {
    if (!this.#isKnown) return;
    this.onChange();
    for (const listener of this.#listeners) listener(this.#news);
  }
}
