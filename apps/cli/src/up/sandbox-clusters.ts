import { startProcess, stopUnlessReady, waitUntilReady } from '@syncline/toolchain';
import { join } from 'node:path';
import { z } from 'zod';

import type { FleetCluster } from './clusters.js';
import type { Installation } from './installation.js';
import type { LocalCluster } from './local-clusters.js';

const readyLine = z.object({
  clusters: z.array(z.object({ name: z.string(), kubeconfigFile: z.string() })),
});

const kubeconfigsIn = (lines: readonly string[]): ReadonlyMap<string, string> | undefined => {
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const { success, data } = readyLine.safeParse(JSON.parse(line));
    if (success) return new Map(data.clusters.map(({ name, kubeconfigFile }) => [name, kubeconfigFile]));
  }
  return undefined;
};

/** Starts one process that simulates all of the clusters; what they hold is kept for the next start. */
export const startSandboxClusters = async (
  { root, places, ports, say, supervise }: Installation,
  clusters: readonly LocalCluster[],
): Promise<readonly FleetCluster[]> => {
  let kubeconfigs: ReadonlyMap<string, string> = new Map();
  const names = clusters.map(({ name }) => name).join(',');
  await supervise('sandbox', async () => {
    const started = await startProcess({
      name: 'sandbox',
      command: process.execPath,
      args: [
        join(root, 'libs', 'sandbox-cluster', 'dist', 'main.js'),
        ...['--dir', places.sandbox, '--port', String(ports.sandbox), '--clusters', names],
      ],
      logFile: places.log('sandbox'),
    });
    const isReady = (): Promise<boolean> => {
      const found = kubeconfigsIn(started.lastLines());
      if (found) kubeconfigs = found;
      return Promise.resolve(found !== undefined);
    };
    await stopUnlessReady(started, waitUntilReady(started, isReady));
    return { pids: () => [started.pid], ended: started.ended, stop: started.stop };
  });
  say(`clusters ${names.replaceAll(',', ', ')} are ready: simulated by the sandbox, no Kubernetes runs`);
  return clusters.map(({ name, labels }) => ({
    name,
    labels,
    kubeconfigFile: kubeconfigs.get(name) ?? join(places.sandbox, name, 'kubeconfig'),
  }));
};
