import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { declaration, deployment } from './platform/declared.js';
import { FleetRepository } from './platform/fleet-repository.js';
import { run } from './platform/command-line.js';
import { Installation } from './platform/installation.js';
import { deploymentPath } from './platform/live-cluster.js';
import { liveCluster, sharedState } from './platform/shared.js';

let folder: string;
let clone: FleetRepository;
let url: string;
let syncline: Installation;
let declared: string;
const context = async (): Promise<string> => {
  const text = await readFile(kubeconfig(), 'utf8');
  return (JSON.parse(text) as { 'current-context': string })['current-context'];
};
/** One of the clusters that the suite shares: it is somebody's cluster as far as this installation is concerned. */
const kubeconfig = (): string => join(sharedState, 'clusters', 'prod-us', 'kubeconfig');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-options-'));
  const bare = join(folder, 'workloads.git');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=trunk', bare]);
  clone = await FleetRepository.clone(bare, folder);
  url = `file://${bare}`;
  const text = declaration({ name: 'mine', on: { env: 'mine' } });
  await clone.write(
    'deploy/mine.yaml',
    text.replace('repository: fleet, ref: main', 'repository: workloads'),
  );
  await clone.write('apps/mine/web.yaml', deployment('mine'));
  declared = await clone.commit('Declare mine');
  await clone.git('tag', 'v1');
  await clone.write('apps/mine/web.yaml', deployment('mine', 2));
  await clone.commit('Two of mine');
  await clone.git('push', '--quiet', '--tags', 'origin', 'HEAD:stable');
  syncline = new Installation(join(folder, 'state'));
});

afterAll(async () => {
  await syncline.cli('down');
  await rm(folder, { recursive: true, force: true });
});

const start = async (ref: string) =>
  syncline.cli(
    ...['up', '--detach', '--repo', url, '--path', 'deploy', '--ref', ref],
    ...['--kubeconfig', kubeconfig(), '--context', await context(), '--label', 'env=mine'],
  );

describe('a start with a repository and a cluster of the user', () => {
  it('deploys the one to the other, makes no cluster, and names its state directory in what to try', async () => {
    const { code, stdout, stderr } = await start('tags/v1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('The fleet is healthy');
    expect(stdout).not.toContain('simulated');
    expect(stdout).toContain(`./syncline status --watch --state ${syncline.state}`);
    expect(stdout).toContain(`./syncline history mine --state ${syncline.state}`);
    const rows = await syncline.targets();
    expect(rows.map((row) => [row.application, row.cluster, row.revision])).toEqual([
      ['mine', (await context()).replace(/[^A-Za-z0-9._-]+/g, '-'), declared],
    ]);
    expect(await (await liveCluster('prod-us')).find(deploymentPath('mine', 'mine'))).toBeDefined();
    await syncline.run('down');
    expect(await (await liveCluster('prod-us')).find(deploymentPath('mine', 'mine'))).toBeDefined();
  });

  it('follows another ref after a start that names it', async () => {
    const { code, stdout } = await start('stable');
    expect(code, stdout).toBe(0);
    await syncline.arrived('mine', await clone.git('rev-parse', 'HEAD'));
    expect(await syncline.run('repo', 'list')).toMatch(/workloads +file:\S+ +stable/);
  });

  it('is refused in a sentence before anything starts where the context is not there', async () => {
    const elsewhere = new Installation(join(folder, 'elsewhere'));
    const missing = await elsewhere.cli(
      ...['up', '--detach', '--kubeconfig', kubeconfig(), '--context', 'nowhere'],
    );
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/^[^\n]*has no context nowhere[^\n]*\n$/);
  });

  it('says why nothing is deployed where the repository cannot be read, and does not wait for it', async () => {
    await syncline.run('down');
    await rename(join(folder, 'workloads.git'), join(folder, 'away.git'));
    const { code, stdout } = await start('stable');
    expect(code).toBe(1);
    expect(stdout).toMatch(/repository workloads cannot be read: /);
    expect((await syncline.targets()).map((row) => row.health)).toEqual(['Current']);
  });
});
