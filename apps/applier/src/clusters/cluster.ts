import { setTimeout as delay } from 'node:timers/promises';

import { serviceAggregate } from '@syncline/domain';
import { parseTargetSubject, subjects, type TargetName } from '@syncline/events';

import { Applies } from '../applies/applies.js';
import { Diffs } from '../diffs/diffs.js';
import { HealthWatches } from '../health/health-watches.js';
import { Capabilities } from '../link/capabilities.js';
import { LinkWatch } from '../link/link-watch.js';
import { Troubles } from '../link/troubles.js';
import { Resources } from '../resources/resources.js';
import { actor, type ClusterSurroundings } from '../surroundings.js';
import { recallTargets } from './recall-targets.js';

const graceMs = 3_000;
/** How long what cannot be seen keeps from saying that the cluster is there, which others wait for. */
const lookMs = 5_000;

/** What the service says of itself when it begins to serve a cluster. */
export type ServiceIdentity = {
  readonly run: string;
  readonly version: string;
  readonly configuration: string;
  readonly recipient: string;
};

/** One served cluster: its connection, and all the work on it. Nothing here waits for another cluster. */
export class Cluster {
  readonly #applies: Applies;
  readonly #capabilities: Capabilities;
  readonly #diffs: Diffs;
  readonly #health: HealthWatches;
  readonly #link: LinkWatch;
  readonly #resources: Resources;
  readonly #troubles: Troubles;
  readonly #unserve: (() => Promise<void>)[] = [];
  readonly #recalled = Promise.withResolvers<undefined>();
  readonly #closing = new AbortController();
  #look: Promise<void> | undefined;

  constructor(private readonly around: ClusterSurroundings) {
    this.#link = new LinkWatch(around, {
      onConnected: () => {
        this.#capabilities.connected();
        this.#applies.wakeAll();
      },
      looked: () => (this.#look ??= this.#lookOnce()),
    });
    const isConnected = (): boolean => this.#link.isConnected;
    this.#capabilities = new Capabilities(around, isConnected);
    this.#troubles = new Troubles(around, isConnected);
    this.#health = new HealthWatches(around, isConnected);
    this.#applies = new Applies(around, {
      isConnected,
      onSettled: (target, state, current) => this.#health.follow(target, state, current),
      onApplied: (applied) => this.#capabilities.applied(applied),
    });
    this.#diffs = new Diffs(around, {
      untilQuiet: (target, timeoutMs) => this.#applies.untilQuiet(target, timeoutMs),
    });
    this.#resources = new Resources(around);
  }

  /** Says that the cluster is served from now on, answers for it, and takes up what the log has open. */
  async open(identity: ServiceIdentity): Promise<void> {
    const { cluster, log } = this.around;
    await log.aggregates.decide(
      serviceAggregate,
      subjects.clusterService(cluster),
      { type: 'start', data: { service: 'applier', ...identity } },
      { actor, correlationId: `start-${cluster}` },
    );
    this.#unserve.push(await this.#diffs.serve(), await this.#resources.serve());
    // Only now: whoever hears that the cluster is there may ask at once.
    this.#troubles.start();
    this.#link.start();
    for (const { target, state, current, isOpen } of await recallTargets(log.log, cluster)) {
      this.#health.follow(target, state, current);
      if (isOpen) this.#applies.wake(target);
    }
    this.#recalled.resolve(undefined);
  }

  /** Resolves when it is recorded since {@link open} whether the API server answers and, where it does, how its targets are. */
  get looked(): Promise<unknown> {
    return this.#link.recorded;
  }

  /** Resolves when every target that the cluster held at the start was seen, or after the time. */
  async #lookOnce(): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closing.signal]);
    const tooLong = delay(lookMs, undefined, { signal, ref: false }).catch(() => undefined);
    const looking = this.#recalled.promise.then(() => this.#health.looked());
    await Promise.race([looking, tooLong]);
    over.abort();
  }

  /** The hub had lost sight of this applier, and has it again. */
  sayAnew(): void {
    this.#link.sayAnew();
  }

  /** Something was said about a target of this cluster. */
  look(subject: string): void {
    const target: TargetName | undefined = parseTargetSubject(subject);
    if (target) this.#applies.wake(target);
  }

  /** Stops at the next safe points, within {@link graceMs} and what one request takes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#unserve.map((end) => end()));
    await this.#applies.stop(graceMs);
    this.#health.end();
    this.#troubles.end();
    await Promise.all([this.#link.end(), this.#capabilities.end()]);
    await this.around.client.close();
    this.around.meter.forget(this.around.cluster);
  }
}
