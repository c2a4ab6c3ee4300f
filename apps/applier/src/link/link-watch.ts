import { linkAggregate, type LinkCommand } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { beginning } from '@syncline/kernel';
import type { Link } from '@syncline/kubernetes';

import { LatestRecorder } from '../recording.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';

const capabilitiesEveryMs = 10 * 60_000;
/** After an apply that changes what is served; the applies of one change share one look. */
const capabilitiesSoonMs = 3_000;
/** After any other apply: what it started may itself change what is served. Looking costs more than the apply of a few objects. */
const capabilitiesLaterMs = 60_000;

/** Whether the cluster's API server answers, said once at every change; and what it serves, at every change of that. */
export class LinkWatch {
  #link: Link | undefined;
  /** An applier that was away says anew that the cluster is there. */
  #isSaid = false;
  #stop: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  readonly #links: LatestRecorder<Link>;
  readonly #capabilities: LatestRecorder<undefined>;
  readonly #ended = new AbortController();

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly onConnected: () => void,
  ) {
    const { logger, cluster } = around;
    this.#links = new LatestRecorder<Link>(
      (link, occurredAt) => this.#record(link, occurredAt),
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
    this.#timer = setInterval(() => this.#observeCapabilities(), capabilitiesEveryMs).unref();
  }

  /** Says again how it is: whoever heard that this applier was lost takes nothing from before for true. */
  sayAnew(): void {
    this.#isSaid = false;
    if (this.#link) this.#links.take(this.#link);
  }

  /** Looks again at what the API server serves, after an apply: soon where that changed it, else in a while. */
  observeCapabilitiesAfter({ changesWhatIsServed }: { readonly changesWhatIsServed: boolean }): void {
    if (!changesWhatIsServed) {
      this.#later ??= this.#observeIn(capabilitiesLaterMs, () => (this.#later = undefined));
      return;
    }
    this.#soon ??= this.#observeIn(capabilitiesSoonMs, () => (this.#soon = undefined));
  }

  #observeIn(ms: number, begun: () => void): NodeJS.Timeout {
    return setTimeout(() => {
      begun();
      this.#observeCapabilities();
    }, ms).unref();
  }

  #observeCapabilities(): void {
    if (this.isConnected) this.#capabilities.take(undefined);
  }

  async end(): Promise<void> {
    this.#stop();
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    this.#ended.abort();
    await Promise.all([this.#links.end(), this.#capabilities.end()]);
  }

  /** One line where the wait for the API server begins, and one where it ends. */
  #sayChange(link: Link): void {
    const { logger, cluster } = this.around;
    const wasConnected = this.#link?.state === 'connected';
    const context = { correlationId: `link-${cluster}` };
    if (link.state === 'connected' && !wasConnected)
      logger.info(context, `the API server of ${cluster} answers`);
    if (link.state !== 'connected' && (wasConnected || !this.#link))
      logger.warn(
        { ...context, since: link.since },
        `waiting for the API server of ${cluster}: ${link.reason.slice(0, 500)}`,
      );
  }

  #see(link: Link): void {
    this.#sayChange(link);
    this.#link = link;
    this.around.meter.linked(this.around.cluster, this.isConnected);
    this.#links.take(link);
    if (link.state !== 'connected') return;
    this.#observeCapabilities();
    this.onConnected();
  }

  async #record(link: Link, occurredAt: string): Promise<void> {
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
            anew: !this.#isSaid,
          };
    await log.aggregates.decide(linkAggregate, subjects.link(cluster), command, {
      actor,
      correlationId: `link-${cluster}`,
      occurredAt,
    });
    this.#isSaid = true;
  }

  async #recordCapabilities(): Promise<void> {
    const { cluster, log, client, documents } = this.around;
    if (!this.isConnected) return;
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
