import { setTimeout as delay } from 'node:timers/promises';

import { FaultProxy } from '@syncline/testkit';

import type {
  ApplyOutcome,
  ClusterClient,
  InventoryEntry,
  ObjectResult,
  TargetManifests,
} from '../cluster-client.js';
import { connectCluster } from '../connect-cluster.js';
import { hmacKey, planOf, prune, type Rig } from './rig.js';
import type { KubernetesOperation } from '@syncline/events';

/** How long requests may take where one is never answered: long enough for a busy machine. */
export const deadlineMs = 4_000;

/** A client of its own whose way to the cluster can be made faulty. */
export type Faulty = {
  readonly proxy: FaultProxy;
  readonly client: ClusterClient;
  readonly end: () => Promise<void>;
};

/** Connects a client through a proxy in which faults can be ordered. */
export const through = async (rig: Rig, requestTimeoutMs?: number): Promise<Faulty> => {
  const { proxy, kubeconfig } = await FaultProxy.start(rig.kubeconfig);
  const limits = requestTimeoutMs === undefined ? {} : { requestTimeoutMs };
  const client = connectCluster({ name: 'rules', kubeconfig, hmacKey, ...limits });
  const end = async (): Promise<void> => {
    await client.close();
    await proxy.stop();
  };
  return { proxy, client, end };
};

/** Runs a test with a faulty client, which is ended with it. */
export const withFaulty =
  (rig: () => Rig, test: (faulty: Faulty) => Promise<void>, requestTimeoutMs?: number) =>
  async (): Promise<void> => {
    const faulty = await through(rig(), requestTimeoutMs);
    try {
      await test(faulty);
    } finally {
      await faulty.end();
    }
  };

/** How an apply by the faulty client ended, and what it was done with. */
export type FaultyApply = ApplyOutcome & { readonly results: readonly ObjectResult[] };

/** Carries out a plan by the faulty client. */
export const applyBy = async (
  client: ClusterClient,
  target: TargetManifests,
  operations: readonly KubernetesOperation[],
  inventory: readonly InventoryEntry[] = [],
): Promise<FaultyApply> => {
  const results: ObjectResult[] = [];
  const take = (all: ObjectResult[]): Promise<void> => Promise.resolve(void results.push(...all));
  const steps = { checkpoint: () => Promise.resolve({}), applied: take, pruned: take };
  return { ...(await client.apply(target, planOf(target, operations), inventory, steps)), results };
};

/** What is to be done to a target, by the client that meets no faults. */
export const planned = async (
  { client }: Pick<Rig, 'client'>,
  target: TargetManifests,
  inventory: readonly InventoryEntry[] = [],
): Promise<readonly KubernetesOperation[]> => (await client.diff(target, inventory, prune)).operations;

/** How many requests that fit come within a time. */
export const countWithin = async (
  { requests }: FaultProxy,
  ms: number,
  fits: (request: FaultProxy['requests'][number]) => boolean = () => true,
): Promise<number> => {
  const from = requests.length;
  await delay(ms);
  return requests.slice(from).filter(fits).length;
};
