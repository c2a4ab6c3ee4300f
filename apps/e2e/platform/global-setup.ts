import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import type { TestProject } from 'vitest/node';

import { startInstallation, untilHealthy } from './installation.js';

const exampleTargets = 15;

type Started = { readonly state: string; readonly cloneUrl: string; readonly end: () => Promise<void> };

/** Starts an installation with three real clusters. */
const start = async (): Promise<Started> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-e2e-'));
  const state = join(folder, 'state');
  const { installation, process, said } = await startInstallation(state, '--clusters', 'real');
  const end = async (): Promise<void> => {
    await process.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilHealthy(installation, process, exampleTargets, 300_000);
    const cloneUrl = await eventually(
      async () => /http:\/\/\S+\.git/.exec(await said())?.[0],
      10_000,
      'the clone address on the screen',
    );
    return { state, cloneUrl, end };
  } catch (error) {
    const words = await said().catch(() => '');
    await end();
    throw new Error(`the installation did not become healthy:\n${words.slice(-4000)}`, { cause: error });
  }
};

/** Starts an installation for each worker, and ends them after all tests. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const starts = await Promise.allSettled(Array.from({ length: project.config.maxWorkers }, start));
  const started = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const end = async (): Promise<void> => {
    await Promise.all(started.map((one) => one.end()));
  };
  const failed = starts.find((one) => one.status === 'rejected');
  if (failed) {
    await end();
    throw failed.reason;
  }
  project.provide(
    'installations',
    started.map(({ state, cloneUrl }) => ({ state, cloneUrl })),
  );
  return end;
};
