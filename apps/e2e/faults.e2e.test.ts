import { rename } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { declare } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { clusterPids, signal } from './platform/processes.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';
import { dropViews } from './platform/views.js';

const syncline = sharedInstallation();
const clusters = ['staging', 'prod-eu', 'prod-us'];
let fleet: FleetRepository;
let replicas = 1;

/** Pushes one replica more of the application `steady` and gives the commit. */
const change = async (): Promise<string> => {
  await fleet.git('pull', '--quiet', '--rebase');
  const next = (replicas % 8) + 1;
  await fleet.edit('apps/steady/web.yaml', `replicas: ${replicas}`, `replicas: ${next}`);
  replicas = next;
  return fleet.push(`Now ${next} replicas`);
};

/** What the cluster itself says of `steady`. */
const liveReplicas = async (cluster: string): Promise<unknown> =>
  replicasOf(await (await liveCluster(cluster)).find(deploymentPath('steady', 'steady')));

beforeAll(async () => {
  fleet = await cloneFleet();
  await declare(fleet, { name: 'steady', on: {} });
  await syncline.arrived('steady', await fleet.push('Add steady'));
});

describe('a repository', () => {
  it('that goes away is said once and changes nothing; it goes on when it is back', async () => {
    const path = join(sharedState, 'git', 'fleet.git');
    const before = await syncline.targets();
    const from = await syncline.position();
    await rename(path, `${path}.away`);
    try {
      await syncline.cli('repo', 'refresh', 'fleet');
      const failed = await syncline.untilEvent(from, 'FetchFailed');
      expect(failed.data).toMatchObject({ repository: 'fleet', class: 'gone' });
      await syncline.cli('repo', 'refresh', 'fleet');
      expect(await syncline.run('repo', 'list')).toContain('gone');
      expect(await syncline.targets()).toEqual(before);
    } finally {
      await rename(`${path}.away`, path);
    }
    const sha = await change();
    await syncline.arrived('steady', sha);
    const types = (await syncline.events(from)).map((event) => event.type);
    expect(types.filter((type) => type === 'FetchFailed')).toHaveLength(1);
    expect(types.filter((type) => type === 'FetchRecovered')).toHaveLength(1);
  });
});

describe('a cluster', () => {
  it('that goes away delays only itself, and catches up when it is back', async () => {
    const from = await syncline.position();
    const frozen = await clusterPids(syncline, 'prod-us', 'kube-apiserver');
    signal(frozen, 'SIGSTOP');
    let sha: string;
    try {
      sha = await change();
      await syncline.untilTargets('steady', 'has arrived on the two others', (row) =>
        row.cluster === 'prod-us' ? row.revision !== sha : row.revision === sha && row.health === 'Current',
      );
      await syncline.untilEvent(from, 'ClusterLost', (event) => event.data.cluster === 'prod-us', 120_000);
      await syncline.untilTargets('steady', 'is Unknown on the lost cluster', (row) =>
        row.cluster === 'prod-us' ? row.health === 'Unknown' : row.health === 'Current',
      );
      const waited = await syncline.cli('wait', 'steady', '--revision', sha, '--timeout', '2s');
      expect(waited.code).toBe(1);
      expect(waited.stderr).toContain('prod-us');
      const held = await syncline.cli('resources', 'steady');
      expect(held.code).toBe(1);
      expect(held.stdout).toMatch(/^prod-us {2}cannot be asked: \S/m);
      expect(held.stdout.match(/^└─ Deployment\/|^├─ Deployment\//gm)).toHaveLength(2);
    } finally {
      signal(frozen, 'SIGCONT');
    }
    await syncline.arrived('steady', sha, '120s');
    expect(await Promise.all(clusters.map(liveReplicas))).toEqual([replicas, replicas, replicas]);
  });
});

describe('the views', () => {
  it('come back by themselves, equal row for row, when Postgres is dropped while everything runs', async () => {
    const before = await syncline.targets();
    await dropViews(sharedState);
    const sha = await change();
    await syncline.arrived('steady', sha, '60s');
    const others = (rows: typeof before) => rows.filter((row) => row.application !== 'steady');
    expect(others(await syncline.targets())).toEqual(others(before));
    expect(await syncline.run('log', 'rebuild')).toMatch(/equal|rebuilt/i);
  });
});
