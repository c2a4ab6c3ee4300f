import { readFile } from 'node:fs/promises';

import type { ApiClient } from '../client/api-client.js';
import { extractContext } from '../cluster/kubeconfig-context.js';
import { registerCluster } from '../cluster/register-cluster.js';
import type { Registrations } from './registrations.js';

/** A cluster of the fleet and where its kubeconfig lies. */
export type FleetCluster = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kubeconfigFile: string;
  readonly context?: string;
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
