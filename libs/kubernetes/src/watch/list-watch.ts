import { setTimeout as delay } from 'node:timers/promises';

import type { ServedResource } from '../cluster-client.js';
import type { Transport } from '../connection/transport.js';
import { apiVersionOf, collectionPath } from '../discovery/resource-path.js';
import { classifyAnswer } from '../connection/classify.js';
import { KubernetesError, isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { readLines } from './lines.js';

const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

/** What a list/watch tells: the whole list after each (re)list, then each change. */
export type ListWatchEvents = {
  readonly replaced: (objects: readonly KubeObject[]) => void;
  readonly changed: (object: KubeObject) => void;
  readonly removed: (object: KubeObject) => void;
  /** It cannot list for now: forbidden, no such kind, out of reach. It goes on trying. */
  readonly failed: (error: KubernetesError) => void;
  /** It has tried several times in vain to list and watch, and waits longer and longer; undefined when it watches again. */
  readonly held: (error: KubernetesError | undefined) => void;
};

/** Which objects of a resource are followed, and what of them is asked for: all by default, and whole. */
export type Followed = { readonly labelSelector?: string; readonly isMetadataEnough?: boolean };

/** Objects without spec and status (meta/v1 PartialObjectMetadata): of a list, and of a watch. */
const partial = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

type List = {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[];
};
type WatchLine = { readonly type: string; readonly object: KubeObject & { readonly code?: number } };

const endsAtOnce = (): KubernetesError =>
  new KubernetesError({ code: 'server-fault', message: 'the server ends its watches as soon as they begin' });

const pageSize = 500;
const watchSeconds = 240;
/** Bookmarks come about once a minute; a stream that tells nothing for longer may be dead, and is opened again where it stood. */
const silenceMs = 150_000;
const firstBackoffMs = 250;
const mostBackoffMs = 30_000;
/** A watch that lives so long, or tells anything, is well. */
const steadyMs = 5_000;
const roundsUntilHeld = 5;

/** Follows objects of one resource, across reconnects and expired versions, until it is aborted. */
export class ListWatch {
  #version: string | undefined;
  /** How often it was begun anew since a watch was well. */
  #rounds = 0;
  #renewed = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly resource: ServedResource,
    private readonly followed: Followed,
    private readonly events: ListWatchEvents,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!hasEnded(signal)) {
      const until = AbortSignal.any([signal, this.#renewed.signal]);
      const error = await this.#round(until);
      if (hasEnded(signal)) return;
      if (hasEnded(until)) continue;
      this.#rounds += 1;
      if (this.#rounds === roundsUntilHeld) this.events.held(error ?? endsAtOnce());
      await delay(this.#pauseMs(), undefined, { signal: until }).catch(() => undefined);
    }
  }

  /** Begins the watch anew at once, from where it stands: the server was away, and what runs may be dead without a word. */
  renew(): void {
    this.#noteWell();
    this.#renewed.abort();
    this.#renewed = new AbortController();
  }

  /** Lists where it has to, and watches until that ends; gives what went wrong. */
  async #round(signal: AbortSignal): Promise<KubernetesError | undefined> {
    try {
      this.#version ??= await this.#list(signal);
      await this.#watch(this.#version, signal);
      return undefined;
    } catch (error) {
      if (hasEnded(signal)) return undefined;
      if (!isKubernetesError(error)) throw error;
      // One that may list and not watch lists again and again, and sees all the same.
      if (this.#version === undefined) this.events.failed(error);
      if (!error.retryable) this.#version = undefined;
      return error;
    }
  }

  /** What ends once is begun anew at once; what ends again and again, ever later. */
  #pauseMs(): number {
    if (this.#rounds === 1) return 0;
    return Math.min(firstBackoffMs * 2 ** (this.#rounds - 2), mostBackoffMs) * (0.5 + Math.random() / 2);
  }

  #noteWell(): void {
    if (this.#rounds >= roundsUntilHeld) this.events.held(undefined);
    this.#rounds = 0;
  }

  async #list(signal: AbortSignal): Promise<string> {
    const objects: KubeObject[] = [];
    const { kind } = this.resource;
    let next: string | undefined;
    for (;;) {
      const page: List = await this.transport.request<List>({
        method: 'GET',
        path: collectionPath(this.resource),
        query: { labelSelector: this.followed.labelSelector, limit: pageSize, continue: next },
        ...this.#accept('PartialObjectMetadataList'),
        signal,
      });
      // Items of a list leave out what the list itself says.
      for (const item of page.items ?? [])
        objects.push({ ...item, apiVersion: apiVersionOf(this.resource), kind });
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
      if (next !== undefined) continue;
      this.events.replaced(objects);
      return page.metadata.resourceVersion ?? '0';
    }
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), silenceMs);
    let steady: NodeJS.Timeout | undefined;
    try {
      const chunks = await this.transport.stream({
        method: 'GET',
        path: collectionPath(this.resource),
        query: {
          watch: true, labelSelector: this.followed.labelSelector, resourceVersion: version, allowWatchBookmarks: true,
          timeoutSeconds: watchSeconds + Math.floor(Math.random() * 60),
        }, // prettier-ignore
        ...this.#accept('PartialObjectMetadata'),
        signal: AbortSignal.any([signal, silence.signal]),
      });
      steady = setTimeout(() => this.#noteWell(), steadyMs);
      for await (const line of readLines<WatchLine>(chunks)) {
        timer.refresh();
        this.#take(line);
      }
    } catch (error) {
      // A stream that breaks or falls silent is opened again where it stood.
      if (isKubernetesError(error) || signal.aborted) throw error;
      throw new KubernetesError({ code: 'cluster-unreachable', message: 'the watch broke' });
    } finally {
      clearTimeout(timer);
      clearTimeout(steady);
    }
  }

  #accept(kind: string): { readonly accept?: string } {
    return this.followed.isMetadataEnough === true ? { accept: partial(kind) } : {};
  }

  #take({ type, object }: WatchLine): void {
    if (type === 'ERROR') {
      const details = classifyAnswer({ status: object.code ?? 500, body: JSON.stringify(object) });
      throw new KubernetesError(details);
    }
    this.#version = object.metadata.resourceVersion ?? this.#version;
    this.#noteWell();
    if (type === 'ADDED' || type === 'MODIFIED') this.events.changed(object);
    if (type === 'DELETED') this.events.removed(object);
  }
}
