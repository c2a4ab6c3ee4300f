import { linkAggregate, type LinkCommand } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { Link } from '@syncline/kubernetes';

import { LatestRecorder } from '../recording.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';

const capabilitiesEveryMs = 10 * 60_000;

/** Whether the cluster's API server answers, said once at every change; and what it serves, at every change of that. */
export class LinkWatch {
  #link: Link | undefined;
  /** An applier that was away says anew that the cluster is there. */
  #isSaid = false;
  #stop: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #links: LatestRecorder<Link>;
  readonly #capabilities: LatestRecorder<undefined>;
  readonly #ended = new AbortController();

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly onConnected: () => void,
  ) {
    const { logger, cluster } = around;
    this.#links = new LatestRecorder<Link>(
      (link) => this.#record(link),
      (error) => logger.error({ err: error, cluster }, 'the link cannot be recorded'),
    );
    this.#capabilities = new LatestRecorder<undefined>(
      () => this.#recordCapabilities(),
      (error) => logger.warn({ err: error, cluster }, 'the capabilities cannot be observed'),
    );
  }

  get isConnected(): boolean {
    return this.#link?.state === 'connected';
  }

  start(): void {
    this.#stop = this.around.client.watchLink((link) => this.#see(link));
    this.#timer = setInterval(() => this.observeCapabilities(), capabilitiesEveryMs).unref();
  }

  /** Looks at what the API server serves; after an apply it may be more. */
  observeCapabilities(): void {
    if (this.isConnected) this.#capabilities.take(undefined);
  }

  async end(): Promise<void> {
    this.#stop();
    clearInterval(this.#timer);
    this.#ended.abort();
    await Promise.all([this.#links.end(), this.#capabilities.end()]);
  }

  #see(link: Link): void {
    this.#link = link;
    this.around.meter.linked(this.around.cluster, this.isConnected);
    this.#links.take(link);
    if (link.state !== 'connected') return;
    this.observeCapabilities();
    this.onConnected();
  }

  async #record(link: Link): Promise<void> {
    const { cluster, log } = this.around;
    const command: LinkCommand =
      link.state === 'connected'
        ? {
            type: 'connect',
            data: { cluster, kubernetesVersion: link.kubernetesVersion },
            anew: !this.#isSaid,
          }
        : {
            type: 'lose',
            data: { cluster, class: link.class, reason: link.reason.slice(0, 500), since: link.since },
          };
    await log.aggregates.decide(linkAggregate, subjects.link(cluster), command, {
      actor,
      correlationId: `link-${cluster}`,
    });
    this.#isSaid ||= link.state === 'connected';
  }

  async #recordCapabilities(): Promise<void> {
    const { cluster, log, client, documents } = this.around;
    if (!this.isConnected) return;
    const { kubernetesVersion, resources, digest } = await client.capabilities(this.#ended.signal);
    const { state } = await log.aggregates.load(linkAggregate, subjects.link(cluster));
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
