import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { KubernetesOperation, Manifest, PlanDocument } from '@syncline/events';
import { startSandbox } from '@syncline/sandbox-cluster';
import { startCluster } from '@syncline/toolchain';

import { applyPlan } from '../apply/apply.js';
import type {
  ApplyOutcome,
  ApplySteps,
  ClusterClient,
  InventoryEntry,
  ObjectResult,
  TargetHealth,
  TargetManifests,
} from '../cluster-client.js';
import { connectCluster } from '../connect-cluster.js';
import { readCredentials } from '../connection/credentials.js';
import { ObjectApi } from '../connection/object-api.js';
import { Transport } from '../connection/transport.js';
import { Capability } from '../discovery/capability.js';
import type { Workbench } from '../dry-run/diff.js';
import { KnownApplied } from '../dry-run/known-applied.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';

export const hmacKey = new Uint8Array(32).fill(7);
export const prune = { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } };

/** An API server that the rules are tried on. */
export type RuledCluster = {
  readonly kubeconfigFile: string;
  readonly stop: () => Promise<void>;
  readonly stopApiServer: () => Promise<void>;
  readonly startApiServer: () => Promise<void>;
};

/** Starts an API server that keeps its state in a folder. */
export type StartRuled = (dir: string) => Promise<RuledCluster>;

const startSimulated: StartRuled = async (dir) => {
  const clusters = ['rules'];
  let sandbox = await startSandbox({ dir, clusters });
  const { port } = sandbox;
  const [{ kubeconfigFile } = { kubeconfigFile: '' }] = sandbox.clusters;
  return {
    kubeconfigFile,
    stop: () => sandbox.stop(),
    stopApiServer: () => sandbox.stop(),
    startApiServer: async () => {
      sandbox = await startSandbox({ dir, clusters, port });
    },
  };
};

/** Rules, by their title, that an API server cannot follow, each with the reason. */
type Exceptions = Readonly<Record<string, string>>;

const notSimulated: Exceptions = {
  'is none where the value is what a webhook makes of the manifest': 'the sandbox has no admission',
  'does not take an object for another where only its apiVersion changed':
    'the sandbox serves one version of each built-in kind, and so has no autoscaling/v1 beside autoscaling/v2',
};

/** An API server that has to follow the rules, and what is excepted. */
export type Ruled = {
  readonly name: string;
  readonly isSandbox: boolean;
  readonly start: StartRuled;
  readonly exceptions: Exceptions;
};

export const realCluster: Ruled = {
  name: 'a real cluster',
  isSandbox: false,
  start: (dir) => startCluster({ name: 'rules', dir }),
  exceptions: {},
};

export const sandbox: Ruled = {
  name: 'the sandbox',
  isSandbox: true,
  start: startSimulated,
  exceptions: notSimulated,
};

/** What a test needs: a cluster, a client of it, and raw requests beside it. */
export type Rig = {
  readonly cluster: RuledCluster;
  readonly kubeconfig: string;
  readonly client: ClusterClient;
  readonly transport: Transport;
  readonly bench: Workbench;
  readonly stop: () => Promise<void>;
};

/** Starts a cluster that all rules are tried on. */
export const startRig = async (start: StartRuled): Promise<Rig> => {
  const dir = await mkdtemp(join(tmpdir(), 'syncline-kubernetes-'));
  const cluster = await start(dir);
  const kubeconfig = await readFile(cluster.kubeconfigFile, 'utf8');
  const client = connectCluster({ name: 'rules', kubeconfig, hmacKey });
  const transport = new Transport(readCredentials('rules', kubeconfig), 8);
  const bench = {
    api: new ObjectApi(transport),
    capability: new Capability(transport),
    hmacKey,
    known: new KnownApplied(),
    concurrency: 4,
  };
  const stop = async (): Promise<void> => {
    await client.close();
    await transport.close();
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { cluster, kubeconfig, client, transport, bench, stop };
};

let counter = 0;

/** A name that no other test has. */
export const fresh = (word: string): string => `${word}-${(counter += 1)}`;

/** A target whose application and namespace are its own. */
export const targetOf = (
  name: string,
  objects: readonly Manifest[],
  secrets: Readonly<Record<string, string>> = {},
): TargetManifests => ({
  project: 'default',
  application: name,
  namespace: name,
  objects,
  secrets: new Map(Object.entries(secrets)),
});

export const configMap = (name: string, data: Record<string, string>, extra: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...extra },
  data,
});

export const deployment = (name: string, image: string, replicas = 2): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
    },
  },
});

export const job = (name: string, image: string): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'work', image }] } } },
});

export const planOf = (
  { project, application, namespace }: TargetManifests,
  operations: readonly KubernetesOperation[],
): PlanDocument => ({
  version: 1,
  project,
  application,
  namespace,
  destination: { kind: 'cluster', name: 'rules' },
  repository: 'fleet',
  revision: 'a'.repeat(40),
  cause: '1.0',
  render: 'b'.repeat(64),
  predicted: false,
  operations: [...operations],
  prune,
  inventory: 0,
  policies: 'c'.repeat(64),
});

/** What an apply came to, and what it told on the way. */
export type Applied = ApplyOutcome & { readonly results: ObjectResult[]; readonly prunes: ObjectResult[] };

type Around = {
  readonly stopAfter?: number;
  readonly bench?: Workbench;
  readonly checkpoint?: () => Promise<void>;
};

export const apply = async (
  rig: Rig,
  target: TargetManifests,
  operations: readonly KubernetesOperation[],
  inventory: readonly InventoryEntry[] = [],
  around: Around = {},
): Promise<Applied> => {
  const results: ObjectResult[] = [];
  const prunes: ObjectResult[] = [];
  let checkpoints = 0;
  const steps: ApplySteps = {
    checkpoint: async () => {
      await around.checkpoint?.();
      checkpoints += 1;
      return checkpoints > (around.stopAfter ?? Number.POSITIVE_INFINITY) ? { stop: 'a newer plan' } : {};
    },
    applied: (all) => Promise.resolve(void results.push(...all)),
    pruned: (all) => Promise.resolve(void prunes.push(...all)),
  };
  const plan = planOf(target, operations);
  const outcome = await applyPlan(around.bench ?? rig.bench, target, plan, inventory, steps);
  return { ...outcome, results, prunes };
};

/** Plans and applies a target, and expects that to work. */
export const deploy = async (
  rig: Rig,
  target: TargetManifests,
  inventory: readonly InventoryEntry[] = [],
): Promise<InventoryEntry[]> => {
  const { operations } = await rig.client.diff(target, inventory, prune);
  const outcome = await apply(rig, target, operations, inventory);
  if (outcome.status !== 'succeeded') throw new Error(`${outcome.status}: ${outcome.reason}`);
  return outcome.inventory;
};

/** The operation on one object of a diff. */
export const operationOn = (
  operations: readonly KubernetesOperation[],
  kind: string,
  name?: string,
): KubernetesOperation => {
  const found = operations.find(
    (one) => one.object.kind === kind && (name === undefined || one.object.name === name),
  );
  if (!found) throw new Error(`no operation on ${kind} ${name ?? ''}`);
  return found;
};

/** A raw request to the cluster, as another client would make it. */
export const raw = <Answer = KubeObject>(
  rig: Rig,
  method: 'GET' | 'PATCH' | 'DELETE',
  path: string,
  rest: object = {},
): Promise<Answer> => rig.transport.request<Answer>({ method, path, ...rest });

/** Server-side apply under another name. */
export const applyAs = (
  rig: Rig,
  manager: string,
  path: string,
  body: unknown,
  force = true,
): Promise<KubeObject> =>
  raw(rig, 'PATCH', path, {
    query: { fieldManager: manager, force },
    contentType: 'application/apply-patch+yaml',
    body,
  });

/** A merge patch, as `kubectl patch` or a controller's update. */
export const mergePatch = (
  rig: Rig,
  path: string,
  body: unknown,
  manager = 'someone',
  query: object = {},
): Promise<KubeObject> =>
  raw(rig, 'PATCH', path, {
    query: { fieldManager: manager, ...query },
    contentType: 'application/merge-patch+json',
    body,
  });

/** A strategic merge patch, which changes an item of a list by its key. */
export const strategicPatch = (rig: Rig, path: string, body: unknown, manager: string): Promise<KubeObject> =>
  raw(rig, 'PATCH', path, {
    query: { fieldManager: manager },
    contentType: 'application/strategic-merge-patch+json',
    body,
  });

export const createNamespace = (rig: Rig, name: string): Promise<KubeObject> =>
  applyAs(rig, 'tests', `/api/v1/namespaces/${name}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });

/** The failure of a request that is expected to fail. */
export const failureOf = async (work: Promise<unknown>): Promise<KubernetesError> => {
  try {
    await work;
  } catch (error) {
    if (isKubernetesError(error)) return error;
    throw error;
  }
  throw new Error('expected a failure');
};

/** Waits until a target's health is what is asked for; fails at the deadline with the last one. */
export const healthWhere = (
  client: ClusterClient,
  inventory: readonly InventoryEntry[],
  isWanted: (health: TargetHealth) => boolean,
  deadlineMs = 30_000,
): Promise<TargetHealth> => {
  let last: TargetHealth | undefined;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`health is ${JSON.stringify(last)}`));
    }, deadlineMs);
    const stop = client.watchHealth(fresh('watch'), inventory, (health) => {
      last = health;
      if (!isWanted(health)) return;
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve(health);
    });
  });
};
