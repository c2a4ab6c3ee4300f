import { setTimeout as delay } from 'node:timers/promises';

import type { Link } from '../cluster-client.js';
import type { Transport } from '../connection/transport.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';

const probeTimeoutMs = 5_000;
/** A watch that the server ends after so long is proof that it answers, and costs it no request of another kind. */
const watchSeconds = 10;
const watchTimeoutMs = (watchSeconds + 5) * 1000;
const doubtMs = 500;
const mostBackoffMs = 15_000;
/** A server that is lost is probed again after this part of the time since then: what starts beside us is found soon. */
const partOfAbsence = 0.25;
const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

/** So many probes in a row fail before a cluster that answered is lost: one may be a connection that went stale. */
const failuresUntilLost = 2;

/**
 * Follows whether the API server answers: by a watch of something quiet that is opened again and again, and by a probe where
 * that breaks, or whatever else fails or succeeds on the way.
 */
export class LinkWatch {
  readonly #watchers = new Set<(link: Link) => void>();
  #link: Link | undefined;
  #stop: AbortController | undefined;
  #wake = new AbortController();
  #failures = 0;
  #firstFailureAt = '';
  #failingSince = 0;

  constructor(
    private readonly transport: Transport,
    private readonly onReturn: () => void,
  ) {}

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
      if (this.#failures === 0) await this.#listen(pause);
      else await delay(this.#pauseMs(), undefined, { signal: pause }).catch(() => undefined);
    }
  }

  /** Resolves when a watch did not end as it was to, or something else gave reason to doubt. */
  async #listen(signal: AbortSignal): Promise<void> {
    for (;;) {
      const began = performance.now();
      const end = await this.#watchOnce(signal);
      const missing = Math.max(0, watchSeconds * 1000 - (performance.now() - began));
      if (end === 'ended' && missing < doubtMs) continue;
      // One that may not watch namespaces is answered as well, only sooner: it is probed in the same time.
      const rest = end === 'broken' ? doubtMs : missing;
      await delay(rest, undefined, { signal }).catch(() => undefined);
      return;
    }
  }

  async #watchOnce(signal: AbortSignal): Promise<'ended' | 'refused' | 'broken'> {
    try {
      const chunks = await this.transport.stream({
        method: 'GET',
        path: '/api/v1/namespaces',
        query: { watch: true, fieldSelector: 'metadata.name=kube-system', timeoutSeconds: watchSeconds },
        signal: AbortSignal.any([signal, AbortSignal.timeout(watchTimeoutMs)]),
      });
      await Array.fromAsync(chunks);
      return 'ended';
    } catch (error) {
      return isKubernetesError(error) && !error.retryable ? 'refused' : 'broken';
    }
  }

  #pauseMs(): number {
    if (this.#link?.state !== 'lost') return doubtMs;
    const absentMs = performance.now() - this.#failingSince;
    const pause = Math.min(Math.max(doubtMs, absentMs * partOfAbsence), mostBackoffMs);
    return pause * (0.5 + Math.random() / 2);
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
    // One that throttles is there; that it asks to wait is said where requests are sent.
    if (code === 'throttled' && this.#link?.state === 'connected') {
      this.#failures = 0;
      return;
    }
    if (this.#failures === 0) {
      this.#firstFailureAt = new Date().toISOString();
      this.#failingSince = performance.now();
    }
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
    if (former?.state === 'lost' && link.state === 'connected') this.onReturn();
    for (const watcher of this.#watchers) watcher(link);
  }
}
