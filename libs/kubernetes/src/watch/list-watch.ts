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
};

type List = {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[];
};
type WatchLine = { readonly type: string; readonly object: KubeObject & { readonly code?: number } };

const pageSize = 500;
const watchSeconds = 240;
const silenceMs = (watchSeconds + 90) * 1000;
const firstBackoffMs = 250;
const mostBackoffMs = 30_000;

/** Follows all objects of one resource that match a label selector, across reconnects and expired versions, until it is aborted. */
export class ListWatch {
  #version: string | undefined;
  #failures = 0;

  constructor(
    private readonly transport: Transport,
    private readonly resource: ServedResource,
    private readonly labelSelector: string,
    private readonly events: ListWatchEvents,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!hasEnded(signal)) {
      try {
        this.#version ??= await this.#list(signal);
        await this.#watch(this.#version, signal);
      } catch (error) {
        if (hasEnded(signal)) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (!isKubernetesError(error)) throw error;
    if (error.code === 'expired') {
      this.#version = undefined;
      return;
    }
    if (this.#version === undefined || !error.retryable) {
      this.#version = undefined;
      this.events.failed(error);
    }
    const backoff = Math.min(firstBackoffMs * 2 ** this.#failures, mostBackoffMs) * (0.5 + Math.random() / 2);
    this.#failures += 1;
    await delay(backoff, undefined, { signal }).catch(() => undefined);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const objects: KubeObject[] = [];
    const { kind } = this.resource;
    let next: string | undefined;
    for (;;) {
      const page: List = await this.transport.request<List>({
        method: 'GET',
        path: collectionPath(this.resource),
        query: { labelSelector: this.labelSelector, limit: pageSize, continue: next },
        signal,
      });
      // Items of a list leave out what the list itself says.
      for (const item of page.items ?? [])
        objects.push({ ...item, apiVersion: apiVersionOf(this.resource), kind });
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
      if (next !== undefined) continue;
      this.events.replaced(objects);
      this.#failures = 0;
      return page.metadata.resourceVersion ?? '0';
    }
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), silenceMs);
    try {
      const chunks = await this.transport.stream({
        method: 'GET',
        path: collectionPath(this.resource),
        query: {
          watch: true, labelSelector: this.labelSelector, resourceVersion: version, allowWatchBookmarks: true,
          timeoutSeconds: watchSeconds + Math.floor(Math.random() * 60),
        }, // prettier-ignore
        signal: AbortSignal.any([signal, silence.signal]),
      });
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
    }
  }

  #take({ type, object }: WatchLine): void {
    if (type === 'ERROR') {
      const details = classifyAnswer({ status: object.code ?? 500, body: JSON.stringify(object) });
      throw new KubernetesError(details);
    }
    this.#version = object.metadata.resourceVersion ?? this.#version;
    this.#failures = 0;
    if (type === 'ADDED' || type === 'MODIFIED') this.events.changed(object);
    if (type === 'DELETED') this.events.removed(object);
  }
}
