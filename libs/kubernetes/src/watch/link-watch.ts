import { setTimeout as delay } from 'node:timers/promises';

import type { Link } from '../cluster-client.js';
import type { Transport } from '../connection/transport.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';

const probeEveryMs = 10_000;
const probeTimeoutMs = 5_000;
const doubtMs = 500;
const mostBackoffMs = 15_000;
const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

/** So many probes in a row fail before a cluster that answered is lost: one may be a connection that went stale. */
const failuresUntilLost = 2;

/** Follows whether the API server answers: by a probe, which whatever else fails or succeeds on the way hastens. */
export class LinkWatch {
  readonly #watchers = new Set<(link: Link) => void>();
  #link: Link | undefined;
  #stop: AbortController | undefined;
  #wake = new AbortController();
  #failures = 0;
  #firstFailureAt = '';

  constructor(private readonly transport: Transport) {}

  watch(onLink: (link: Link) => void): () => void {
    this.#watchers.add(onLink);
    if (this.#link) onLink(this.#link);
    this.#start();
    return () => {
      this.#watchers.delete(onLink);
      if (this.#watchers.size === 0) this.close();
    };
  }

  close(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#wake.abort();
  }

  #start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const unlisten = this.transport.onTraffic((failure) => {
      const isNews = failure
        ? this.#link?.state !== 'lost' && this.#failures === 0
        : this.#link?.state === 'lost';
      if (isNews) this.#wake.abort();
    });
    void this.#follow(signal).finally(unlisten);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!hasEnded(signal)) {
      this.#wake = new AbortController();
      await this.#probe(signal);
      if (hasEnded(signal)) return;
      const pause = AbortSignal.any([signal, this.#wake.signal]);
      await delay(this.#pauseMs(), undefined, { signal: pause }).catch(() => undefined);
    }
  }

  #pauseMs(): number {
    if (this.#failures === 0) return probeEveryMs;
    if (this.#link?.state !== 'lost') return doubtMs;
    return (
      Math.min(1_000 * 2 ** (this.#failures - failuresUntilLost), mostBackoffMs) * (0.5 + Math.random() / 2)
    );
  }

  async #probe(signal: AbortSignal): Promise<void> {
    try {
      await this.transport.request({
        method: 'GET',
        path: '/readyz',
        isText: true,
        timeoutMs: probeTimeoutMs,
        signal,
      });
      const { gitVersion } = await this.transport.request<{ gitVersion: string }>({
        method: 'GET',
        path: '/version',
        timeoutMs: probeTimeoutMs,
        signal,
      });
      this.#failures = 0;
      this.#tell({ state: 'connected', kubernetesVersion: gitVersion });
    } catch (error) {
      if (signal.aborted) return;
      if (!isKubernetesError(error)) throw error;
      this.#failed(error);
    }
  }

  #failed({ code, message }: KubernetesError): void {
    if (this.#failures === 0) this.#firstFailureAt = new Date().toISOString();
    this.#failures += 1;
    if (this.#link !== undefined && this.#failures < failuresUntilLost) return;
    this.#tell({ state: 'lost', class: code, reason: message, since: this.#firstFailureAt });
  }

  /** Tells what is news: another state, or another version of the server. */
  #tell(link: Link): void {
    const former = this.#link;
    const isSame =
      former?.state === link.state &&
      (former.state !== 'connected' ||
        link.state !== 'connected' ||
        former.kubernetesVersion === link.kubernetesVersion);
    if (isSame) return;
    this.#link = link;
    for (const watcher of this.#watchers) watcher(link);
  }
}
