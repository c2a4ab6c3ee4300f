import type { Cluster } from '../client/contract.js';

/** The sandbox says what it is in the version that it gives out. */
const isSimulated = ({ kubernetesVersion }: Cluster): boolean => /sandbox/i.test(kubernetesVersion ?? '');

/** The line that keeps anyone from taking simulated clusters for real ones; nothing where there are none. */
export const simulatedLines = (clusters: readonly Cluster[]): readonly string[] => {
  const names = clusters.filter(isSimulated).map(({ cluster }) => cluster);
  return names.length === 0
    ? []
    : [`Simulated by the sandbox, where no Kubernetes runs: ${names.toSorted().join(', ')}.`];
};
