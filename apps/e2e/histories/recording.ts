import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { eventually } from '@syncline/testkit';

import { root } from '../platform/command-line.js';
import { FleetRepository } from '../platform/fleet-repository.js';
import { startInstallation, untilHealthy, type Installation } from '../platform/installation.js';
import { LiveCluster } from '../platform/live-cluster.js';

/** What a story is told with: an installation of its own with three real clusters, and a clone of its fleet repository. */
export type Stage = {
  readonly syncline: Installation;
  readonly fleet: FleetRepository;
  readonly cloneUrl: string;
  readonly folder: string;
  readonly cluster: (name: string) => Promise<LiveCluster>;
};

const exampleTargets = 15;
/** Longer than the planner takes to decide: what it decides on the last events is in the record then. */
const silenceMs = 12_000;

/** The version of the product whose planner decides what is recorded. */
export const version = '0.1.0';
const histories = join(root, 'apps', 'planner', 'histories', version);

/** Lets a story happen on a new installation, and keeps its whole log under a name. */
export const record = async (name: string, story: (stage: Stage) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-history-'));
  const state = join(folder, 'state');
  const { installation: syncline, process, said } = await startInstallation(state, '--clusters', 'real');
  try {
    await untilHealthy(syncline, process, exampleTargets, 300_000);
    const find = async () => /http:\/\/\S+\.git/.exec(await said())?.[0];
    const cloneUrl = await eventually(find, 10_000, 'the clone address on the screen');
    const fleet = await FleetRepository.clone(cloneUrl, folder);
    await story({ syncline, fleet, cloneUrl, folder, cluster: (one) => LiveCluster.of(state, one) });
    await delay(silenceMs);
    await syncline.run('log', 'checkpoint', '--sign');
    await mkdir(histories, { recursive: true });
    await syncline.run('log', 'export', join(histories, `${name}.export`));
  } catch (error) {
    const { stdout } = await syncline.cli('log', 'tail', '--limit', '60');
    throw new Error(`the story went on otherwise; the end of its log:\n${stdout}`, { cause: error });
  } finally {
    await process.stop();
    await rm(folder, { recursive: true, force: true });
  }
};
