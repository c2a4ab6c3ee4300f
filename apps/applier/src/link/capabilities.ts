import { linkAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { beginning } from '@syncline/kernel';
import type { ServedNews } from '@syncline/kubernetes';

import { LatestRecorder } from '../recording.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';

/** After news of what is served; what comes of one change shares a look. */
const soonMs = 3_000;
/** Of what no watch tells: another set of kinds behind an APIService that stays as it is. */
const rarelyMs = 60 * 60_000;
/** Where the credential may not list what decides that: also after an apply, which may have started what installs kinds. */
const unwatchedMs = 10 * 60_000;
const afterApplyMs = 60_000;

/** What a cluster's API server serves, said at every change. It is looked at when something there has changed, and else rarely. */
export class Capabilities {
  #isWatched: boolean | undefined;
  #unwatch: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  #isChangedAgain = false;
  readonly #recorder: LatestRecorder<undefined>;
  readonly #ended = new AbortController();

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly isConnected: () => boolean,
  ) {
    const { logger, cluster } = around;
    this.#recorder = new LatestRecorder<undefined>(
      () => this.#record(),
      (error) => logger.warn({ err: error, cluster }, 'the capabilities cannot be observed'),
    );
  }

  /** The API server answers, for the first time or again. The first look follows the beginning of the watch, so that nothing lies between them. */
  connected(): void {
    if (this.#unwatch) this.#look();
    else this.#unwatch = this.around.client.watchServed((news) => this.#hear(news));
  }

  /** An apply has succeeded. */
  applied({ changesWhatIsServed }: { readonly changesWhatIsServed: boolean }): void {
    if (this.#isWatched !== false) return;
    if (changesWhatIsServed) this.#lookSoon();
    else this.#later ??= this.#lookIn(afterApplyMs, () => (this.#later = undefined));
  }

  async end(): Promise<void> {
    this.#unwatch?.();
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    this.#ended.abort();
    await this.#recorder.end();
  }

  #hear({ isWatched }: ServedNews): void {
    if (this.#isWatched === undefined) this.#look();
    else this.#lookSoon();
    if (this.#isWatched === isWatched) return;
    this.#isWatched = isWatched;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), isWatched ? rarelyMs : unwatchedMs).unref();
  }

  /** What changes while a look is awaited may come a moment before it is served, and is looked at once more. */
  #lookSoon(): void {
    this.#isChangedAgain = this.#soon !== undefined;
    this.#soon ??= this.#lookIn(soonMs, () => {
      this.#soon = undefined;
      if (this.#isChangedAgain) this.#lookSoon();
    });
  }

  #lookIn(ms: number, begun: () => void): NodeJS.Timeout {
    return setTimeout(() => {
      begun();
      this.#look();
    }, ms).unref();
  }

  #look(): void {
    if (this.isConnected()) this.#recorder.take(undefined);
  }

  async #record(): Promise<void> {
    const { cluster, log, client, documents } = this.around;
    if (!this.isConnected()) return;
    const { kubernetesVersion, resources, digest } = await client.capabilities(this.#ended.signal);
    const { state } = await log.aggregates.load(linkAggregate, subjects.link(cluster), beginning);
    if (state.capabilities === digest) return;
    const stored = await documents.write({ version: 1, kubernetesVersion, resources });
    const data = { cluster, kubernetesVersion, resources: stored, capabilities: digest };
    await log.aggregates.decide(
      linkAggregate,
      subjects.link(cluster),
      { type: 'observe-capabilities', data },
      { actor, correlationId: `link-${cluster}` },
    );
  }
}
