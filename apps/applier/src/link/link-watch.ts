import { linkAggregate, type LinkCommand } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { Link } from '@syncline/kubernetes';

import { LatestRecorder } from '../recording.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';

/** What the link asks and tells of the rest of the cluster's work. */
export type LinkNeighbours = {
  readonly onConnected: () => void;
  /** Resolves when it may be said that the cluster is connected. */
  readonly looked: () => Promise<void>;
};

/** Whether the cluster's API server answers, said once at every change. */
export class LinkWatch {
  #link: Link | undefined;
  readonly #recorded = Promise.withResolvers<undefined>();
  /** An applier that was away says anew that the cluster is there. */
  #isSaid = false;
  #stop: () => void = () => undefined;
  readonly #links: LatestRecorder<Link>;

  constructor(
    private readonly around: ClusterSurroundings,
    private readonly neighbours: LinkNeighbours,
  ) {
    const { logger, cluster } = around;
    this.#links = new LatestRecorder<Link>(
      (link, occurredAt) => this.#record(link, occurredAt),
      (error) => logger.error({ err: error, cluster }, 'the link cannot be recorded'),
    );
  }

  get isConnected(): boolean {
    return this.#link?.state === 'connected';
  }

  /** Resolves when how it is was recorded for the first time, or never will be. */
  get recorded(): Promise<undefined> {
    return this.#recorded.promise;
  }

  start(): void {
    this.#stop = this.around.client.watchLink((link) => this.#see(link));
  }

  /** Says again how it is: whoever heard that this applier was lost takes nothing from before for true. */
  sayAnew(): void {
    this.#isSaid = false;
    if (this.#link) this.#links.take(this.#link);
  }

  async end(): Promise<void> {
    this.#stop();
    await this.#links.end();
    this.#recorded.resolve(undefined);
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
    if (link.state === 'connected') this.neighbours.onConnected();
  }

  async #record(link: Link, occurredAt: string): Promise<void> {
    const { cluster, log } = this.around;
    // Whoever hears that the cluster is there takes what is known of its targets for true.
    if (link.state === 'connected') await this.neighbours.looked();
    if (this.#link !== link) return;
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
    this.#recorded.resolve(undefined);
  }
}
