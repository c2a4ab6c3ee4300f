import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startProcess, stopUnlessReady, waitUntilReady, type ManagedProcess } from '@syncline/toolchain';

import { BareKube } from '../delivery/kube.ts';

const program = fileURLToPath(new URL('../../libs/sandbox-cluster/dist/main.js', import.meta.url));

/** A simulated cluster, and a client of it with nothing around it. */
export type SimulatedCluster = {
  readonly name: string;
  readonly kubeconfigFile: string;
  readonly kube: BareKube;
};

/** Simulated clusters in processes of their own. */
export type SimulatedFleet = {
  readonly clusters: readonly SimulatedCluster[];
  readonly processes: readonly ManagedProcess[];
  readonly stop: () => Promise<void>;
};

type Ready = { readonly clusters: readonly { readonly name: string; readonly kubeconfigFile: string }[] };

const readyIn = (lines: readonly string[]): Ready | undefined => {
  const line = lines.find((one) => one.startsWith('{"clusters"'));
  return line === undefined ? undefined : (JSON.parse(line) as Ready);
};

const startOne = async (dir: string, names: readonly string[]) => {
  const started = await startProcess({
    name: 'sandbox',
    command: process.execPath,
    args: [program, '--dir', dir, '--clusters', names.join(',')],
    logFile: `${dir}.log`,
  });
  const isReady = (): Promise<boolean> => Promise.resolve(readyIn(started.lastLines()) !== undefined);
  await stopUnlessReady(started, waitUntilReady(started, isReady));
  return { started, clusters: readyIn(started.lastLines())?.clusters ?? [] };
};

/** Starts so many processes with so many simulated clusters each, whose every answer is late by some milliseconds. */
export const startSimulatedFleet = async (
  dir: string,
  { processes, clustersEach, latencyMs }: { processes: number; clustersEach: number; latencyMs: number },
): Promise<SimulatedFleet> => {
  const all = await Promise.all(
    Array.from({ length: processes }, (_, at) => {
      const names = Array.from({ length: clustersEach }, (_, one) => `edge-${at * clustersEach + one}`);
      return startOne(join(dir, `sandbox-${at}`), names);
    }),
  );
  const clusters = all.flatMap((one) =>
    one.clusters.map((each) => ({ ...each, kube: new BareKube(each.kubeconfigFile) })),
  );
  for (const { kube } of clusters) await kube.order([{ latencyMs }]);
  return {
    clusters,
    processes: all.map(({ started }) => started),
    stop: async () => {
      await Promise.all(clusters.map(({ kube }) => kube.close()));
      await Promise.all(all.map(({ started }) => started.stop()));
    },
  };
};

/** The context that a kubeconfig of a simulated cluster names. */
export const contextOf = ({ kubeconfigFile }: SimulatedCluster): string =>
  (JSON.parse(readFileSync(kubeconfigFile, 'utf8')) as { 'current-context': string })['current-context'];
