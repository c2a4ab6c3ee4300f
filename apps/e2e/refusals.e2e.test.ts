import { beforeAll, describe, expect, it } from 'vitest';

import { configMap, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import type { TargetRow } from './platform/installation.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

beforeAll(async () => {
  fleet = await cloneFleet();
});

const arrive = async (
  ...declared: Parameters<typeof declare> extends [unknown, ...infer Rest] ? Rest : never
): Promise<string> => {
  await fleet.git('pull', '--quiet', '--rebase');
  await declare(fleet, ...declared);
  const sha = await fleet.push(`Add ${declared[0].name}`);
  await syncline.arrived(declared[0].name, sha);
  return sha;
};

describe('a failure never deletes', () => {
  it('a manifest that is no YAML fails its application by file and line, and changes nothing', async () => {
    const good = await arrive({ name: 'broken' });
    await fleet.write('apps/broken/web.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: [\n');
    const sha = await fleet.push('Break the manifest');
    const [row] = await syncline.untilTargets('broken', 'has failed', (one) => one.sync === 'Failed');
    expect(row).toMatchObject({ revision: good, desiredRevision: sha, health: 'Current' });
    expect(row!.message).toMatch(/apps\/broken\/web\.yaml:\d+/);
    const waited = await syncline.cli('wait', 'broken', '--revision', sha, '--timeout', '10s');
    expect(waited.code).toBe(1);
    expect(waited.stderr).toContain('apps/broken/web.yaml');
    expect(await (await liveCluster('staging')).find(deploymentPath('broken', 'broken'))).toBeDefined();

    await fleet.write('apps/broken/web.yaml', deployment('broken', 2));
    await syncline.arrived('broken', await fleet.push('Mend the manifest'));
  });

  it('a declaration that is invalid is rejected by file and line, and the last valid one stays in force', async () => {
    await arrive({ name: 'misdeclared' });
    const from = await syncline.position();
    await fleet.edit('applications/misdeclared.yaml', 'mode: automatic', 'mode: sometimes');
    await fleet.push('Declare nonsense');
    const rejected = await syncline.untilEvent(from, 'ConfigurationRejected');
    const [first] = rejected.data.errors as { file: string; line: number; reason: string }[];
    expect(first).toMatchObject({ file: 'applications/misdeclared.yaml', line: 9 });
    expect((await syncline.targetsOf('misdeclared'))[0]).toMatchObject({ sync: 'InSync', health: 'Current' });
    await fleet.edit('applications/misdeclared.yaml', 'mode: sometimes', 'mode: automatic');
    await fleet.push('Declare sense again');
    await syncline.untilEvent(from, 'ConfigurationAccepted');
  });

  it('a field that the API server does not know is refused by name', async () => {
    const good = await arrive({ name: 'mistyped' });
    await fleet.write(
      'apps/mistyped/web.yaml',
      deployment('mistyped', 1, '      nodeSelectors: { disk: fast }'),
    );
    await fleet.push('Mistype a field');
    const [row] = await syncline.untilTargets('mistyped', 'has failed', (one) => one.sync === 'Failed');
    expect(row!.message).toContain('nodeSelectors');
    expect(row!.revision).toBe(good);
  });

  it('a field that another manager owns is not taken without a person, and is nobody’s question once given up', async () => {
    await arrive({ name: 'contested' });
    const staging = await liveCluster('staging');
    const path = deploymentPath('contested', 'contested');
    const theirs = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'contested' },
      spec: { replicas: 5 },
    };
    expect((await staging.apply(path, 'somebody-else', theirs)).code).toBe(200);
    await fleet.write('apps/contested/web.yaml', deployment('contested', 2));
    await fleet.push('Two replicas, contested');
    const [row] = await syncline.untilTargets('contested', 'waits', (one) => one.sync === 'AwaitingApproval');
    expect(await syncline.run('plan', 'contested')).toContain('somebody-else');
    expect(replicasOf(await staging.find(path))).toBe(5);

    const given = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'contested' } };
    expect((await staging.apply(path, 'somebody-else', given)).code).toBe(200);
    await syncline.run('reject', row!.plan!, '--reason', 'it was given up');
    await syncline.run('retry', 'contested');
    // Until its Pods are there, a target in sync says so.
    const isMended = (one: TargetRow) => one.sync === 'InSync' && one.health === 'Current';
    const [mended] = await syncline.untilTargets('contested', 'is in sync', isMended);
    expect(mended!.message ?? null).toBeNull();
    expect(replicasOf(await staging.find(path))).toBe(2);
  });

  it('a prune over the budget waits for a person, who sees what it removes', async () => {
    const maps = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [`${name}.yaml`, configMap(name, name)]),
    );
    await arrive({ name: 'pruned', budget: { maxObjects: 1, maxPercent: 100 } }, maps);
    await fleet.remove('apps/pruned/b.yaml');
    await fleet.remove('apps/pruned/c.yaml');
    const sha = await fleet.push('Remove two of four');
    const [row] = await syncline.untilTargets(
      'pruned',
      'waits for approval',
      (one) => one.sync === 'AwaitingApproval',
    );
    const staging = await liveCluster('staging');
    expect(await staging.find('/api/v1/namespaces/pruned/configmaps/b')).toBeDefined();
    const plan = await syncline.run('plan', 'pruned', '--cluster', 'staging');
    expect(plan).toMatch(/prune/);
    expect(plan).toMatch(/budget/);
    await syncline.run('approve', row!.plan!);
    await syncline.arrived('pruned', sha);
    expect(await staging.find('/api/v1/namespaces/pruned/configmaps/b')).toBeUndefined();
    expect(await staging.find('/api/v1/namespaces/pruned/configmaps/a')).toBeDefined();
  });
});
