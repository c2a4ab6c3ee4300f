import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { systemClock } from '@syncline/kernel';

import { DecodedEventLog } from '../decoded-event-log.js';
import type { Agent, StoreMeter } from '../hub.js';
import type { Patience } from '../reactions/attempts.js';
import { LoggedAggregates } from '../logged-aggregates.js';
import { MemorySnapshots } from '../memory/memory-message-log.js';
import { JetStreamStrategy } from '../reactions/jetstream-strategy.js';
import { AgentMessageLog } from './agent-message-log.js';
import { AgentRuntime } from './agent-runtime.js';
import { lookPatiently, NatsBlobStore } from './blobs.js';
import { ConnectionState } from './connection-state.js';
import { once, openConnection } from './connection.js';
import { NatsClusterAnswers } from './requests.js';
import { watchServed } from './served-clusters.js';
import { natsSigns } from './signs.js';

/** How an applier reaches the log: with credentials of its own account. */
export type AgentOptions = {
  readonly servers: string;
  readonly credentials: string;
  readonly applier: string;
  readonly idKey: Uint8Array;
  readonly meter?: StoreMeter;
  /** How often a failing event is tried before its subject is parked. */
  readonly patience?: Patience;
};

/** Connects an applier. It sees the subjects, blobs and calls of the clusters that it serves, and nothing else. */
export const connectAgent = async (options: AgentOptions): Promise<Agent> => {
  const { servers, credentials, applier, idKey, meter } = options;
  const connected = (isConnected: boolean): void => meter?.connected?.(isConnected, servers);
  const nc = await openConnection({ servers, credentials, name: `applier-${applier}`, onWait: connected });
  const [js, jsm] = [jetstream(nc), await jetstreamManager(nc, { checkAPI: false })];
  const state = new ConnectionState(nc, connected);
  const answers = new NatsClusterAnswers(nc);
  const messages = new AgentMessageLog(nc, js, jsm, meter?.historyRead);
  state.onReturn(() => messages.forgetHistories());
  const log = new DecodedEventLog(messages);
  const aggregates = new LoggedAggregates({
    log: messages,
    snapshots: new MemorySnapshots(),
    clock: systemClock,
    source: `/syncline/applier/${applier}`,
    idKey,
    ...(meter && { report: meter }),
  });
  const watch = (signal: AbortSignal): AsyncIterable<readonly string[]> => watchServed(nc, applier, signal);
  const runtime = new AgentRuntime({
    link: { nc, js, state, onDelivered: (message) => messages.remember(message) },
    log,
    aggregates,
    answers,
    watch,
    ...(meter && { meter }),
    ...(options.patience && { patience: options.patience }),
  });
  return {
    aggregates,
    log,
    blobs: new NatsBlobStore(js, jsm, (subject) => lookPatiently(jsm, subject)),
    clusterAnswers: answers,
    signs: natsSigns(nc, state),
    servedClusters: { watch: (_applier, signal) => watch(signal) },
    live: { publish: (subject, payload) => nc.publish(`live.${subject}`, JSON.stringify(payload)) },
    strategy: new JetStreamStrategy(runtime),
    missing: () => (state.connected ? [] : [`nats-server at ${servers} does not answer`]),
    close: once(async () => {
      await runtime.stop();
      await state.close();
    }),
  };
};
