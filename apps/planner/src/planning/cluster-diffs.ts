import { diffAnswer, diffDocument, encodeToken, type DiffDocument, type DiffRequest } from '@syncline/events';
import { AdapterError, BlobStore, ClusterCalls, clusterOwner, isCommandRefused } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';
import pLimit, { type LimitFunction } from 'p-limit';

/** What a dry run came to: operations, a cluster that cannot be asked now, or one that says no to the question. */
export type Diffed =
  | { readonly status: 'answered'; readonly diff: DiffDocument }
  | { readonly status: 'held'; readonly reason: string }
  | { readonly status: 'refused'; readonly reason: string };

const timeoutMs = 60_000;
const atOnce = 8;

/** Refusals of an applier that pass when the cluster or its credential is mended. */
const passing: ReadonlySet<string> = new Set([
  'cluster-unreachable', 'cluster-unknown', 'timeout', 'throttled', 'server-fault', 'unauthorized', 'forbidden',
  'kubeconfig-invalid',
]); // prettier-ignore

/** Asks appliers for dry runs, a few at a time for each cluster. */
@Injectable()
export class ClusterDiffs {
  readonly #limits = new Map<string, LimitFunction>();
  /** Clusters whose last dry run outlasted the deadline: until one answers, nobody else waits for them. */
  readonly #slow = new Map<string, string>();

  constructor(
    @Inject(ClusterCalls) private readonly calls: ClusterCalls,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  /** Asks for a dry run. `again` asks even a cluster that was found too slow. */
  ask(cluster: string, request: DiffRequest, { again = false } = {}): Promise<Diffed> {
    const limit = this.#limits.get(cluster) ?? pLimit(atOnce);
    this.#limits.set(cluster, limit);
    return limit(async () => {
      const slow = again ? undefined : this.#slow.get(cluster);
      return slow === undefined ? this.#call(cluster, request) : { status: 'held', reason: slow };
    });
  }

  async #call(cluster: string, request: DiffRequest): Promise<Diffed> {
    const began = performance.now();
    try {
      const answer = diffAnswer.parse(await this.calls.call(cluster, 'diff', request, { timeoutMs }));
      const diff = 'inline' in answer ? answer.inline : await this.#read(cluster, answer.diff.digest);
      this.#slow.delete(cluster);
      return { status: 'answered', diff };
    } catch (error) {
      return this.#failed(cluster, error, performance.now() - began);
    }
  }

  async #read(cluster: string, digest: string): Promise<DiffDocument> {
    const bytes = await this.blobs.get(clusterOwner(encodeToken(cluster)), digest);
    return diffDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
  }

  #failed(cluster: string, error: unknown, afterMs: number): Diffed {
    if (isCommandRefused(error)) {
      const reason = error.message.slice(0, 500);
      return { status: passing.has(error.code) ? 'held' : 'refused', reason };
    }
    const passes =
      error instanceof AdapterError &&
      (error.code === 'cluster-unreachable' || error.code === 'service-unavailable');
    if (!passes) throw error;
    const timedOut = error.code === 'cluster-unreachable' && afterMs >= timeoutMs * 0.95;
    if (!timedOut) return { status: 'held', reason: error.message.slice(0, 500) };
    const reason = `${cluster} did not answer a dry run within ${timeoutMs / 1000} seconds; it is asked again.`;
    this.#slow.set(cluster, reason);
    return { status: 'held', reason };
  }
}
