import { findBinary, pins, resolveBinaries, startCluster } from '@syncline/toolchain';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

import {
  chooseClusters,
  type ChosenClusters,
  type ClusterChoice,
  type LocalClusters,
} from './cluster-choice.js';
import type { FleetCluster } from './clusters.js';
import { commandFor } from './command-text.js';
import type { Installation } from './installation.js';
import type { Places } from './places.js';
import { startSandboxClusters } from './sandbox-clusters.js';
import type { Run } from './supervised.js';

/** The clusters that a first run makes on this machine. */
export const localClusters = [
  { name: 'staging', labels: { env: 'staging', tier: 'staging' } },
  { name: 'prod-eu', labels: { env: 'prod', tier: 'production', region: 'eu' } },
  { name: 'prod-us', labels: { env: 'prod', tier: 'production', region: 'us' } },
] as const;

export type LocalCluster = (typeof localClusters)[number];

const binaries = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** What an installation was started with before: whatever has left its data there. */
const keptIn = async (places: Places): Promise<LocalClusters | undefined> => {
  if (await exists(places.sandbox)) return 'sandbox';
  const real = await Promise.all(
    localClusters.map(({ name }) => exists(join(places.cluster(name), 'cluster.json'))),
  );
  return real.includes(true) ? 'real' : undefined;
};

const missingOf = async (environment: NodeJS.ProcessEnv): Promise<readonly (typeof binaries)[number][]> => {
  const found = await Promise.all(binaries.map((name) => findBinary(name, environment)));
  return binaries.filter((_, index) => found[index] === undefined);
};

/** Chooses an installation's local clusters by what was asked for, what it has, and what this machine has. */
export const chooseLocalClusters = async (
  places: Places,
  asked: ClusterChoice,
  environment: NodeJS.ProcessEnv,
): Promise<ChosenClusters> => {
  const kept = await keptIn(places);
  const missing = asked === 'auto' && kept === undefined ? await missingOf(environment) : [];
  return chooseClusters({
    asked,
    kept,
    missing: missing.map((name) => ({ name, buildSeconds: pins[name].buildSeconds })),
    state: places.state,
    askFor: (kind) => commandFor('DIR')(`up --clusters ${kind}`),
  });
};

const startReal = async (
  { places, say, supervise }: Installation,
  { name, labels }: LocalCluster,
): Promise<FleetCluster> => {
  let kubeconfigFile = '';
  await supervise(`cluster ${name}`, async (): Promise<Run> => {
    const cluster = await startCluster({ name, dir: places.cluster(name), progress: say });
    ({ kubeconfigFile } = cluster);
    const ended = Promise.race(cluster.processes.map((process) => process.ended));
    return {
      pids: () => cluster.processes.map(({ pid }) => pid),
      ended: ended.then((why) => `cluster ${name}: ${why}`),
      stop: cluster.stop,
    };
  });
  say(`cluster ${name} is ready: a real API server; its nodes are simulated, so no container runs`);
  return { name, labels, kubeconfigFile };
};

/** Starts the local clusters side by side; compiles what real ones need and is not there first, and says so. */
export const startLocalClusters = async (
  installation: Installation,
  kind: LocalClusters,
): Promise<readonly FleetCluster[]> => {
  if (kind === 'sandbox') return startSandboxClusters(installation, localClusters);
  await resolveBinaries(binaries, { progress: installation.progress });
  return Promise.all(localClusters.map((cluster) => startReal(installation, cluster)));
};
