import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { systemClock } from '@syncline/kernel';
import { isWholeRun, startLog, testKeys } from '@syncline/testkit';

import type { Agent, Hub } from '../hub.js';
import { LoggedAggregates, type AggregatesReport } from '../logged-aggregates.js';
import { memoryAgent, memoryHub, MemoryWorld } from '../memory/memory-hub.js';
import { MemorySnapshots } from '../memory/memory-message-log.js';
import type { MessageLog } from '../message-log.js';
import { ConnectionState } from '../nats/connection-state.js';
import { CurrentReads } from '../nats/current-reads.js';
import { HubMessageLog } from '../nats/hub-message-log.js';
import type { Patience } from '../reactions/attempts.js';

/** Parks fast, so that a test need not wait for minutes. */
export const impatient: Patience = { retryableAttempts: 3, attempts: 2, firstDelayMs: 5, longestDelayMs: 20 };

export const duplicateWindowMs = 300;
export const cluster = 'prod.eu';

/** A log and what can be done to it from outside; the contract suites run over each kind. */
export type World = {
  readonly hub: (service: string) => Promise<Hub>;
  /** An applier that serves {@link cluster}. */
  readonly agent: () => Promise<Agent>;
  /** The raw log of the planner. */
  readonly messages: MessageLog;
  /** Someone else uses a message id, on a subject of an applier. */
  readonly occupy: (messageId: string) => Promise<void>;
  readonly dropSnapshots: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Aggregates over a log of the test's own making. */
export const aggregatesOver = (
  log: MessageLog,
  snapshots = new MemorySnapshots(),
  report: AggregatesReport = {},
): LoggedAggregates =>
  new LoggedAggregates({
    report,
    log,
    snapshots,
    clock: systemClock,
    source: '/syncline/planner',
    idKey: testKeys.idKey,
  });

const foreignSubject = 'ev.cluster.prod%2Eeu.link';

const startMemory = async (): Promise<World> => {
  const world = new MemoryWorld(systemClock, { duplicateWindowMs, idKey: testKeys.idKey });
  await world.served.assign('hub', [cluster]);
  return {
    hub: (service) => Promise.resolve(memoryHub(world, service, impatient)),
    agent: () => Promise.resolve(memoryAgent(world, 'hub', impatient)),
    messages: world.messages,
    occupy: async (id) => {
      const expected = (await world.messages.last(foreignSubject))?.sequence ?? 0;
      await world.messages.append({ subject: foreignSubject, expected, bytes: new Uint8Array(), id });
    },
    dropSnapshots: () => {
      world.snapshots.clear();
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  };
};

const startNats = async (replicas: 1 | 3): Promise<World> => {
  const log = await startLog({ duplicateWindowMs, replicas });
  const api = await log.hub('api');
  await api.servedClusters.assign('hub', [cluster]);
  const rawConnection = (user: string) =>
    connect({
      servers: log.url,
      authenticator: credsAuthenticator(new TextEncoder().encode(log.installation.credentials[user])),
    });
  const [planner, applier, bootstrap] = await Promise.all(
    ['planner', 'applier-hub', 'bootstrap'].map(rawConnection),
  );
  if (!planner || !applier || !bootstrap) throw new Error('no connection');
  const state = new ConnectionState(planner);
  const jsm = await jetstreamManager(planner, { checkAPI: false });
  const raw = [planner, applier, bootstrap];
  return {
    hub: (service) => log.hub(service, { patience: impatient }),
    agent: () => log.agent('hub', { patience: impatient }),
    messages: new HubMessageLog(jetstream(planner), jsm, state, new CurrentReads(jsm, state)),
    occupy: async (id) => {
      const header = headers();
      header.set('Nats-Msg-Id', id);
      await applier.request(foreignSubject, 'x', { headers: header, timeout: 2_000 });
    },
    dropSnapshots: async () => {
      await (await jetstreamManager(bootstrap)).streams.purge('KV_snapshots');
    },
    stop: async () => {
      await Promise.all(raw.map((one) => one.close()));
      await log.stop();
    },
  };
};

/** The kinds of log, for `describe.each`. */
const onOne = [
  { kind: 'in memory', start: startMemory },
  { kind: 'on nats-server', start: () => startNats(1) },
] as const;
const onThree = [{ kind: 'on three nats-servers', start: () => startNats(3) }] as const;

/** Every kind in any run, for the rules that several nodes can break: what is read may be older than what was written. */
export const worlds = [...onOne, ...onThree] as const;
/** Three nodes in whole runs alone, for the rest. */
export const fewerWorlds = isWholeRun ? worlds : onOne;
