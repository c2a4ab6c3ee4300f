import pLimit, { type LimitFunction } from 'p-limit';

import type { ServedResource } from '../cluster-client.js';
import type { Workbench } from '../dry-run/diff.js';
import { isKubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';

/** A list that somebody lets grow for ever is not read to its end. */
const mostPages = 40;

/** Reads whole kinds page by page, so that a large namespace is never in memory at once, and notes what may not be read. */
export class Listing {
  readonly notes: string[] = [];
  readonly #limit: LimitFunction;

  constructor(
    private readonly bench: Workbench,
    private readonly signal?: AbortSignal,
  ) {
    this.#limit = pLimit(bench.concurrency);
  }

  /** Shows every object of a kind in these namespaces; none where the kind is not served. */
  async each(
    group: string,
    kind: string,
    namespaces: ReadonlySet<string>,
    see: (object: KubeObject) => void,
  ): Promise<void> {
    if (namespaces.size === 0) return;
    const { resources } = await this.bench.capability.current(this.signal);
    const resource = resources.find((one) => one.group === group && one.kind === kind);
    if (!resource) return;
    const all = [...namespaces].map((one) => this.#limit(() => this.#pages(resource, one, see)));
    await Promise.all(all);
  }

  async #pages(
    resource: ServedResource,
    namespace: string,
    see: (object: KubeObject) => void,
  ): Promise<void> {
    let next: string | undefined;
    try {
      for (let pages = 0; pages < mostPages; pages += 1) {
        const page = await this.bench.api.page(resource, namespace, next, this.signal);
        for (const item of page.items) see(item);
        next = page.next;
        if (next === undefined) return;
      }
      this.notes.push(
        `There are too many objects of kind ${resource.kind} in ${namespace}; not all were read.`,
      );
    } catch (error) {
      if (!isKubernetesError(error, 'forbidden', 'expired')) throw error;
      this.notes.push(`Objects of kind ${resource.kind} in ${namespace} cannot be read: ${error.message}`);
    }
  }
}
