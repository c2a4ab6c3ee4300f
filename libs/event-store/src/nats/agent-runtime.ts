import { setTimeout as delay } from 'node:timers/promises';

import { decodeToken, encodeToken, subjects } from '@syncline/events';
import type { Aggregates, ClusterAnswers, EventLog } from '@syncline/kernel';

import { liveConsumer } from '../accounts/subjects-of.js';
import type { TailOf } from '../log-tail.js';
import { reportTo, type StoreMeter } from '../hub.js';
import type { CommandRequest } from '../reactions/decorators.js';
import type { EventHandler, ReactionPlan } from '../reactions/delivery.js';
import type { Patience } from '../reactions/attempts.js';
import type { ReactionRuntime } from '../reactions/jetstream-strategy.js';
import { resumeCommand } from '../reactions/resume-command.js';
import { RunningReaction } from '../reactions/running-reaction.js';
import type { AgentLink } from './agent-links.js';
import { SharedDeliveries } from './shared-deliveries.js';

const retryMs = 2_000;

const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

export type AgentRuntimeOptions = {
  /** The connection that reaches a cluster. */
  readonly reach: (cluster: string) => Promise<AgentLink>;
  /** What is to be shown everything that is delivered of a subject's cluster. */
  readonly tailOf: TailOf;
  readonly log: EventLog;
  readonly aggregates: Aggregates;
  readonly answers: ClusterAnswers;
  readonly watch: (signal: AbortSignal) => AsyncIterable<readonly string[]>;
  readonly meter?: StoreMeter;
  readonly patience?: Patience;
};

type Handlers = ReadonlyMap<string, readonly EventHandler[]>;

/** One cluster's reaction at work, until it is stopped. */
type Served = { readonly stop: () => Promise<void> };

/** An applier's reactions: one at work per served cluster, so that a cluster delays only itself. */
export class AgentRuntime implements ReactionRuntime {
  readonly #served = new Map<string, Served>();
  /** By the account that the clusters are reached by. */
  readonly #deliveries = new Map<string, SharedDeliveries>();
  readonly #stop = new AbortController();

  constructor(private readonly options: AgentRuntimeOptions) {}

  start(plans: readonly ReactionPlan[]): Promise<void> {
    const handlers = new Map<string, EventHandler[]>();
    for (const plan of plans) {
      for (const [type, more] of plan.handlers) handlers.set(type, [...(handlers.get(type) ?? []), ...more]);
    }
    void this.#follow(handlers);
    return Promise.resolve();
  }

  /** Aborted when the service ends. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#served.values()].map((one) => one.stop()));
    this.#served.clear();
  }

  async #follow(handlers: Handlers): Promise<void> {
    for await (const clusters of this.options.watch(this.#stop.signal)) {
      for (const [cluster, served] of this.#served) {
        if (clusters.includes(cluster)) continue;
        this.#served.delete(cluster);
        await served.stop();
      }
      for (const cluster of clusters) {
        if (!this.#served.has(cluster)) this.#served.set(cluster, this.#serve(cluster, handlers));
      }
    }
  }

  /**
   * Starts in the background, again and again until it works: rights and consumers may be a moment behind. A stop does not
   * wait for a start that the log does not answer; it ends what comes of it.
   */
  #serve(cluster: string, handlers: Handlers): Served {
    const stopped = new AbortController();
    let end: (() => Promise<void>) | undefined;
    void this.#startUntilDone(cluster, handlers, stopped.signal).then(async (started) => {
      end = started;
      if (stopped.signal.aborted) await end?.();
    });
    return {
      stop: async () => {
        stopped.abort();
        await end?.();
      },
    };
  }

  async #startUntilDone(
    cluster: string,
    handlers: Handlers,
    signal: AbortSignal,
  ): Promise<(() => Promise<void>) | undefined> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        return await this.#start(cluster, handlers);
      } catch (error) {
        if (hasEnded(signal)) return undefined;
        this.options.meter?.reactionFailed?.(cluster, `ev.cluster.${encodeToken(cluster)}`, attempt, error);
        await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #start(cluster: string, handlers: Handlers): Promise<() => Promise<void>> {
    const { reach, tailOf, log, aggregates, answers, meter, patience } = this.options;
    const link = await reach(cluster);
    const running = new RunningReaction(
      { name: cluster, subjects: [], handlers },
      {
        log,
        parking: { service: 'applier', subject: subjects.clusterService(cluster), aggregates },
        isConnected: () => link.state.connected,
        ...(patience && { patience }),
        report: reportTo(meter),
      },
    );
    await running.start(this.#deliveriesBy(link).of(encodeToken(cluster), tailOf(subjects.fleet(cluster))));
    const resume = resumeCommand(() => [running]);
    const unserve = await answers.serve(cluster, 'resume', (request) => resume(request as CommandRequest));
    return async () => {
      await unserve();
      await running.stop();
    };
  }

  #deliveriesBy(link: AgentLink): SharedDeliveries {
    const known = this.#deliveries.get(link.account);
    if (known) return known;
    const isServed = (token: string): boolean => this.#served.has(decodeToken(token));
    const fresh = new SharedDeliveries(link, liveConsumer(link.account), isServed);
    this.#deliveries.set(link.account, fresh);
    return fresh;
  }
}
