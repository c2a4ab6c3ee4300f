import type { JetStreamClient } from '@nats-io/jetstream';
import { encodeToken, subjects } from '@syncline/events';
import type { Aggregates, EventLog } from '@syncline/kernel';

import { liveConsumer } from '../accounts/subjects-of.js';
import type { StoreMeter } from '../hub.js';
import type { EventHandler, ReactionPlan } from '../reactions/delivery.js';
import type { ReactionRuntime } from '../reactions/jetstream-strategy.js';
import { RunningReaction } from '../reactions/running-reaction.js';
import { consumerSource } from './consumer-source.js';

export type AgentRuntimeOptions = {
  readonly js: JetStreamClient;
  readonly log: EventLog;
  readonly aggregates: Aggregates;
  readonly isConnected: () => boolean;
  readonly watch: (signal: AbortSignal) => AsyncIterable<readonly string[]>;
  readonly meter?: StoreMeter;
};

/** An applier's reactions: one at work per served cluster, so that a cluster delays only itself. */
export class AgentRuntime implements ReactionRuntime {
  readonly #running = new Map<string, RunningReaction>();
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

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#running.values()].map((one) => one.stop()));
    this.#running.clear();
  }

  async #follow(handlers: ReadonlyMap<string, readonly EventHandler[]>): Promise<void> {
    for await (const clusters of this.options.watch(this.#stop.signal)) {
      for (const [cluster, running] of this.#running) {
        if (clusters.includes(cluster)) continue;
        this.#running.delete(cluster);
        await running.stop();
      }
      for (const cluster of clusters) if (!this.#running.has(cluster)) await this.#serve(cluster, handlers);
    }
  }

  async #serve(cluster: string, handlers: ReadonlyMap<string, readonly EventHandler[]>): Promise<void> {
    const { js, log, aggregates, isConnected, meter } = this.options;
    const running = new RunningReaction(
      { name: cluster, subjects: [], handlers },
      {
        log,
        parking: { service: 'applier', subject: subjects.clusterService(cluster), aggregates },
        isConnected,
        report: {
          failed: (reaction, subject, _position, attempt, error) =>
            meter?.reactionFailed?.(reaction, subject, attempt, error),
          parked: (reaction, count) => meter?.parked?.(reaction, count),
        },
      },
    );
    this.#running.set(cluster, running);
    await running.start(consumerSource(js, liveConsumer(encodeToken(cluster))));
  }
}
