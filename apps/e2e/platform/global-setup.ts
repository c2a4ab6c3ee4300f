import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import type { TestProject } from 'vitest/node';

import { startInstallation, untilHealthy } from './installation.js';

const exampleTargets = 15;

/** Starts one installation with three real clusters for all end-to-end tests, and ends it after them. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
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
    project.provide('state', state);
    project.provide('cloneUrl', cloneUrl);
    return end;
  } catch (error) {
    const words = await said().catch(() => '');
    await end();
    throw new Error(`the installation did not become healthy:\n${words.slice(-4000)}`, { cause: error });
  }
};
