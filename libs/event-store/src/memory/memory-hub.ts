import { subjects } from '@syncline/events';
import {
  systemClock,
  type Clock,
  type AgentAccess,
  type People,
  type Person,
  type ServedClusters,
  type SignsOfLife,
} from '@syncline/kernel';

import { cutCalls } from '../cut-calls.js';
import { DecodedEventLog } from '../decoded-event-log.js';
import { reportTo, type Agent, type Hub } from '../hub.js';
import { LoggedAggregates } from '../logged-aggregates.js';
import { JetStreamStrategy } from '../reactions/jetstream-strategy.js';
import { personId } from '../person-id.js';
import type { Patience } from '../reactions/attempts.js';
import { MemoryBlobStore } from './memory-blob-store.js';
import { MemoryMessageLog, MemorySnapshots } from './memory-message-log.js';
import { MemoryMessaging } from './memory-messaging.js';
import { MemoryAcks, MemoryRuntime } from './memory-runtime.js';

const memoryKey = new TextEncoder().encode('ids');

/** One log in memory with all that stands beside it; several services can share it, as they share a server. */
export class MemoryWorld {
  readonly messages: MemoryMessageLog;
  readonly snapshots = new MemorySnapshots();
  readonly blobs = new MemoryBlobStore();
  readonly messaging = new MemoryMessaging();
  readonly acks = new MemoryAcks();
  readonly people: People;
  readonly served = new MemoryServedClusters();
  readonly signs = memorySigns();
  /** Why nothing is to be written any more, as services said it. */
  readonly stopped: string[] = [];

  constructor(
    readonly clock: Clock = systemClock,
    readonly options: { readonly duplicateWindowMs?: number; readonly idKey?: Uint8Array } = {},
  ) {
    this.messages = new MemoryMessageLog(clock, options.duplicateWindowMs);
    this.people = new MemoryPeople(options.idKey ?? memoryKey);
  }
}

const memorySigns = (): SignsOfLife => {
  const listeners = new Set<(cluster: string) => void>();
  return {
    say: (cluster) => listeners.forEach((listen) => listen(cluster)),
    hear: (onSign) => {
      listeners.add(onSign);
      return () => void listeners.delete(onSign);
    },
  };
};

class MemoryPeople implements People {
  readonly #known = new Map<string, Person>();

  constructor(private readonly key: Uint8Array) {}

  identify(person: Person): Promise<string> {
    const id = personId(this.key, person.email);
    if (!this.#known.has(id)) this.#known.set(id, person);
    return Promise.resolve(id);
  }
  find(id: string): Promise<Person | undefined> {
    return Promise.resolve(this.#known.get(id));
  }
  erase(id: string): Promise<void> {
    this.#known.delete(id);
    return Promise.resolve();
  }
}

class MemoryServedClusters implements ServedClusters {
  readonly #lists = new Map<string, readonly string[]>();
  readonly #wake = new Set<() => void>();
  #admitted = 0;

  /** There are no accounts in memory, and nobody to be kept out. */
  admit(applier: string, cluster: string, userKey: string): Promise<AgentAccess> {
    this.#admitted += 1;
    const account = `account-${this.#admitted}`;
    return Promise.resolve({ account, token: [applier, cluster, userKey].join(' ') });
  }

  revoke(): Promise<void> {
    return Promise.resolve();
  }

  assign(applier: string, clusters: readonly string[]): Promise<void> {
    this.#lists.set(applier, clusters);
    for (const wake of this.#wake) wake();
    return Promise.resolve();
  }

  async *watch(applier: string, signal: AbortSignal): AsyncIterable<readonly string[]> {
    for (let seen: readonly string[] | undefined; !signal.aborted;) {
      const current = this.#lists.get(applier) ?? [];
      if (current !== seen) {
        seen = current;
        yield current;
        continue;
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#wake.delete(wake);
          resolve();
        };
        this.#wake.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }
}

/** A hub service's view of a world in memory. */
export const memoryHub = (world: MemoryWorld, service: string, patience?: Patience): Hub => {
  const { stopping, ...parts } = memoryParts(world, service, subjects.service(service), patience);
  return {
    ...parts,
    commands: world.messaging,
    clusterCalls: cutCalls(world.messaging, stopping),
    servedClusters: world.served,
    people: world.people,
    signs: world.signs,
    missing: () => world.stopped,
    stopWriting: (reason) => void world.stopped.push(reason),
    onReturn: () => undefined,
  };
};

/** An applier's view of a world in memory. Its one reaction is fed with every cluster's subjects. */
export const memoryAgent = (world: MemoryWorld, applier: string, patience?: Patience): Agent => {
  const parts = memoryParts(world, `applier-${applier}`, subjects.clusterService(applier), patience, [
    'ev.plan.>',
    'ev.fleet.*',
    'ev.cluster.>',
  ]);
  return { ...parts, clusterAnswers: world.messaging, servedClusters: world.served, signs: world.signs };
};

const memoryParts = (
  world: MemoryWorld,
  service: string,
  subject: string,
  patience?: Patience,
  narrowed?: readonly string[],
) => {
  const log = new DecodedEventLog(world.messages);
  const aggregates = new LoggedAggregates({
    log: world.messages,
    snapshots: world.snapshots,
    clock: world.clock,
    source: `/syncline/${service}`,
    idKey: world.options.idKey ?? memoryKey,
  });
  const surroundings = {
    log,
    parking: { service, subject, aggregates },
    isConnected: () => true,
    report: reportTo(undefined),
    ...(patience && { patience }),
  };
  const runtime = new MemoryRuntime({
    service,
    acks: world.acks,
    messaging: world.messaging,
    surroundings,
    ...(narrowed && { narrowed }),
  });
  return {
    aggregates,
    log,
    blobs: world.blobs,
    live: { publish: () => undefined },
    strategy: new JetStreamStrategy(runtime),
    missing: () => [],
    close: () => runtime.stop(),
    stopping: runtime.stopping,
  };
};
