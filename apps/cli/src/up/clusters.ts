import { resolveBinaries, startCluster } from '@syncline/toolchain';
import { readFile } from 'node:fs/promises';

import type { ApiClient } from '../client/api-client.js';
import { extractContext } from '../cluster/kubeconfig-context.js';
import { registerCluster } from '../cluster/register-cluster.js';
import type { Installation } from './installation.js';
import type { Registrations } from './registrations.js';
import type { Run } from './supervised.js';

/** A cluster of the fleet and where its kubeconfig lies. */
export type FleetCluster = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kubeconfigFile: string;
  readonly context?: string;
};

/** The clusters that a first run makes on this machine. */
export const localClusters = [
  { name: 'staging', labels: { env: 'staging', tier: 'staging' } },
  { name: 'prod-eu', labels: { env: 'prod', tier: 'production', region: 'eu' } },
  { name: 'prod-us', labels: { env: 'prod', tier: 'production', region: 'us' } },
] as const;

const binaries = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;

const startOne = async (
  { places, say, supervise }: Installation,
  { name, labels }: (typeof localClusters)[number],
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

/** Starts the local clusters side by side; compiles what is not there first, and says so. */
export const startLocalClusters = async (installation: Installation): Promise<readonly FleetCluster[]> => {
  await resolveBinaries(binaries, { progress: installation.progress });
  return Promise.all(localClusters.map((cluster) => startOne(installation, cluster)));
};

/** Registers clusters with their appliers, those that are new or changed. */
export const registerClusters = async (
  api: ApiClient,
  clusters: readonly FleetCluster[],
  registrations: Registrations,
): Promise<void> => {
  for (const { name, labels, kubeconfigFile, context } of clusters) {
    const kubeconfig =
      context === undefined
        ? await readFile(kubeconfigFile, 'utf8')
        : await extractContext(kubeconfigFile, context);
    await registrations.once(`cluster/${name}`, { labels, kubeconfig }, () =>
      registerCluster(api, { cluster: name, labels, kubeconfig }),
    );
  }
};
