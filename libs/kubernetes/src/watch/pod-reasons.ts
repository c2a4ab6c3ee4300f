import type { ObjectName } from '@syncline/events';

import type { Transport } from '../connection/transport.js';
import { whyPodsAreStuck } from '../health/pods.js';
import { isKubernetesError } from '../kubernetes-error.js';
import { identityOf, type KubeObject } from '../objects/kube-object.js';

const pausesMs = [1_500, 5_000, 15_000, 30_000, 60_000] as const;
const mostPods = 100;

type Asked = { looks: number; reason: string | undefined; timer: NodeJS.Timeout | undefined };

/**
 * Why the Pods of workloads that do not get on are stuck. A workload does not say when its Pods begin to wait for an image, so
 * they are looked at, less and less often, for as long as the workload is not Current.
 */
export class PodReasons {
  readonly #asked = new Map<string, Asked>();
  readonly #stop = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly onReason: (workload: ObjectName) => void,
  ) {}

  /** What is known now; more may be told later. */
  find(workload: ObjectName, podLabels: Readonly<Record<string, string>>): string | undefined {
    const key = identityOf(workload);
    const known = this.#asked.get(key);
    if (known) return known.reason;
    const asked: Asked = { looks: 0, reason: undefined, timer: undefined };
    this.#asked.set(key, asked);
    this.#plan(workload, podLabels, asked);
    return undefined;
  }

  /** The workload is well again. */
  forget(workload: ObjectName): void {
    const key = identityOf(workload);
    clearTimeout(this.#asked.get(key)?.timer);
    this.#asked.delete(key);
  }

  close(): void {
    this.#stop.abort();
    for (const { timer } of this.#asked.values()) clearTimeout(timer);
    this.#asked.clear();
  }

  #plan(workload: ObjectName, podLabels: Readonly<Record<string, string>>, asked: Asked): void {
    const pause = pausesMs[Math.min(asked.looks, pausesMs.length - 1)];
    asked.looks += 1;
    asked.timer = setTimeout(() => void this.#look(workload, podLabels, asked), pause).unref();
  }

  async #look(
    workload: ObjectName,
    podLabels: Readonly<Record<string, string>>,
    asked: Asked,
  ): Promise<void> {
    const selector = Object.entries(podLabels).map(([name, value]) => `${name}=${value}`);
    try {
      const { items = [] } = await this.transport.request<{ items?: KubeObject[] }>({
        method: 'GET',
        path: `/api/v1/namespaces/${encodeURIComponent(workload.namespace ?? '')}/pods`,
        query: { labelSelector: selector.join(','), limit: mostPods },
        signal: this.#stop.signal,
      });
      const reason = whyPodsAreStuck(items);
      const isNews = reason !== asked.reason;
      asked.reason = reason;
      if (isNews) this.onReason(workload);
    } catch (error) {
      if (!isKubernetesError(error) && !this.#stop.signal.aborted) throw error;
    }
    if (this.#asked.get(identityOf(workload)) === asked) this.#plan(workload, podLabels, asked);
  }
}
