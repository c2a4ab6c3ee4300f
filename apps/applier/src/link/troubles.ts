import type { Trouble } from '@syncline/kubernetes';

import type { ClusterSurroundings } from '../surroundings.js';

const longestReason = 500;

const keyOf = (trouble: Trouble): string =>
  trouble.what === 'watch' ? `watch ${trouble.resource}` : trouble.what;

/** The words for the wait's line, and for its end. */
const wordsOf = (cluster: string, trouble: Trouble): readonly [waiting: string, over: string] =>
  trouble.what === 'throttling'
    ? [`waiting for the API server of ${cluster}, which throttles`, `the API server of ${cluster} throttles no more`]
    : [`waiting to watch ${trouble.resource} of ${cluster}`, `${trouble.resource} of ${cluster} are watched again`]; // prettier-ignore

/**
 * What is waited for while a cluster's API server answers: one line where such a wait begins, one where it ends, and how many
 * there are. While it does not answer at all, the link says so, and what follows from that is not said again.
 */
export class Troubles {
  readonly #open = new Map<string, { readonly trouble: Trouble; readonly since: number; isSaid: boolean }>();
  #stop: () => void = () => undefined;

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly isConnected: () => boolean,
  ) {}

  start(): void {
    this.#count();
    this.#stop = this.around.client.watchTrouble((trouble) => this.#see(trouble));
  }

  end(): void {
    this.#stop();
  }

  #see(trouble: Trouble): void {
    const key = keyOf(trouble);
    if (trouble.reason === undefined) this.#close(key);
    else if (!this.#open.has(key)) {
      const isSaid = this.isConnected();
      this.#open.set(key, { trouble, since: performance.now(), isSaid });
      if (isSaid) this.#say(trouble);
    }
    this.#count();
  }

  #say(trouble: Trouble): void {
    const { logger, cluster } = this.around;
    const [waiting] = wordsOf(cluster, trouble);
    logger.warn(this.#context, `${waiting}: ${(trouble.reason ?? '').slice(0, longestReason)}`);
  }

  #close(key: string): void {
    const open = this.#open.get(key);
    if (!open) return;
    this.#open.delete(key);
    if (!open.isSaid) return;
    const seconds = ((performance.now() - open.since) / 1000).toFixed(1);
    const [, over] = wordsOf(this.around.cluster, open.trouble);
    this.around.logger.info(this.#context, `${over}, after ${seconds} s`);
  }

  get #context(): object {
    return { correlationId: `link-${this.around.cluster}` };
  }

  #count(): void {
    const all = [...this.#open.values()].map(({ trouble }) => trouble.what);
    const count = (what: Trouble['what']): number => all.filter((one) => one === what).length;
    this.around.meter.troubled(this.around.cluster, count('throttling') > 0, count('watch'));
  }
}
