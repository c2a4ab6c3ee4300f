import { systemClock } from '@syncline/kernel';

import { clustersOf } from '../accounts/shares.js';
import { DecodedEventLog } from '../decoded-event-log.js';
import type { Agent, StoreMeter } from '../hub.js';
import type { Patience } from '../reactions/attempts.js';
import { LoggedAggregates } from '../logged-aggregates.js';
import { MemorySnapshots } from '../memory/memory-message-log.js';
import { JetStreamStrategy } from '../reactions/jetstream-strategy.js';
import { AgentLinks } from './agent-links.js';
import { AgentRuntime } from './agent-runtime.js';
import { lackOfServer, mostAppends } from './appends.js';
import { once } from './connection.js';
import { Halts } from './halts.js';
import { linkedAnswers, linkedBlobs, linkedLive, LinkedLog, linkedSigns } from './linked-log.js';
import { StoppableLog } from './stoppable-log.js';
import { watchServed } from './watch-served.js';

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

/** The list of served clusters, each reached by the time that it is told of. */
async function* watchReached(
  links: AgentLinks,
  applier: string,
  signal: AbortSignal,
): AsyncIterable<readonly string[]> {
  for await (const shares of watchServed(links.own.nc, applier, signal)) {
    await links.take(shares);
    yield clustersOf(shares);
  }
}

/** What stops when a service of the hub says that the log is damaged. */
const stoppable = (linked: LinkedLog, links: AgentLinks, { applier, meter }: AgentOptions): StoppableLog => {
  const log = new StoppableLog(linked, (failure) => meter?.halted?.(failure));
  new Halts(links.own.nc, `applier-${applier}`).hear((failure) => log.stopFor(failure));
  return log;
};

/** Of everything that keeps it from working, in sentences. */
const missingOf = (servers: string, links: AgentLinks, { halted }: StoppableLog): readonly string[] => [
  ...lackOfServer(servers, links.all),
  ...(halted ? [halted.message] : []),
];

/** Connects an applier. It sees the subjects, blobs and calls of the clusters that it serves, and nothing else. */
export const connectAgent = async (options: AgentOptions): Promise<Agent> => {
  const { servers, credentials, applier, idKey, meter } = options;
  const name = `applier-${applier}`;
  const links = await AgentLinks.open({ servers, credentials, name, ...(meter && { meter }) });
  const linked = new LinkedLog(links);
  const messages = stoppable(linked, links, options);
  meter?.bounded?.('appends', mostAppends, () =>
    Math.max(...links.all.map((link) => link.messages.appends.taken)),
  );
  const log = new DecodedEventLog(messages);
  const aggregates = new LoggedAggregates({
    log: messages,
    snapshots: new MemorySnapshots(),
    clock: systemClock,
    source: `/syncline/applier/${applier}`,
    idKey,
    tailOf: linked.tailOf,
    ...(meter && { report: meter }),
  });
  links.onDelivered = (message) => aggregates.hear(message);
  const watch = (signal: AbortSignal): AsyncIterable<readonly string[]> =>
    watchReached(links, applier, signal);
  const answers = linkedAnswers(links);
  const runtime = new AgentRuntime({
    reach: (cluster) => links.reach(cluster),
    tailOf: linked.tailOf,
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
    blobs: linkedBlobs(links),
    clusterAnswers: answers,
    signs: linkedSigns(links),
    servedClusters: { watch: (_applier, signal) => watch(signal) },
    live: linkedLive(links),
    strategy: new JetStreamStrategy(runtime),
    stopping: runtime.stopping,
    missing: () => missingOf(servers, links, messages),
    close: once(async () => {
      await runtime.stop();
      await links.close();
    }),
  };
};
