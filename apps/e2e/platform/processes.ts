import { readFile } from 'node:fs/promises';

import type { Installation } from './installation.js';

/** The process ids of one part of a local cluster, such as its `kube-apiserver`. */
export const clusterPids = async (
  installation: Installation,
  cluster: string,
  part: string,
): Promise<readonly number[]> => {
  const pids = await installation.pidsOf(cluster);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, index) => lines[index]?.split('\0')[0]?.endsWith(part));
};

/** Sends a signal to processes that the installation under test started. */
export const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  if (pids.length === 0) throw new Error('there is no such process');
  for (const pid of pids) process.kill(pid, name);
};
