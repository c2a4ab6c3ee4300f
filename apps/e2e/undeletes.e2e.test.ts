import { beforeAll, expect, it } from 'vitest';
import { eventually } from '@syncline/testkit';

import { configMap, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

const mapPath = (map: string) => `/api/v1/namespaces/undone/configmaps/${map}`;
const secretPath = '/api/v1/namespaces/undone/secrets/key';
const find = async (path: string) => (await liveCluster('staging')).find(path);
const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: { token: ${value} }\n`;
const untilBack = (sha: string) =>
  syncline.untilTargets('undone', 'has objects back', (one) => one.sync === 'Held' && one.revision === sha);
let without: string;

beforeAll(async () => {
  fleet = await cloneFleet();
  const files = { 'web.yaml': deployment('undone', 2), 'limits.yaml': configMap('limits', 'x') };
  await declare(
    fleet,
    { name: 'undone', budget: { maxObjects: 10, maxPercent: 100 } },
    { ...files, 'key.yaml': secret('hunter2'), 'kept.yaml': configMap('kept', 'y') },
  );
  await syncline.arrived('undone', await fleet.push('Add undone'));
  for (const file of ['web', 'limits', 'key']) await fleet.remove(`apps/undone/${file}.yaml`);
  await fleet.write('apps/undone/other.yaml', secret('other').replace('name: key', 'name: other'));
  without = await fleet.push('Without most of it');
  await syncline.arrived('undone', without);
  expect(await find(deploymentPath('undone', 'undone'))).toBeUndefined();
});

it('says what it would bring back, in the order of kinds, and changes nothing without a yes', async () => {
  const asked = await syncline.cli('undelete', 'undone');
  expect(asked.code).toBe(1);
  expect(asked.stderr).toMatch(
    /Secret undone\/key {2}pruned[^]*ConfigMap undone\/limits {2}pruned[^]*Deployment undone\/undone {2}pruned/,
  );
  expect(asked.stderr).toContain('Nothing was changed');
  expect((await syncline.targetsOf('undone'))[0]).toMatchObject({ sync: 'InSync', revision: without });
});

it('brings back what was pruned as it was applied, Secrets too, beside what the revision has', async () => {
  await syncline.run('undelete', 'undone', '--yes', '--reason', 'it is still read');
  const [row] = await untilBack(without);
  expect(row?.message).toContain('has objects back');
  expect(replicasOf(await find(deploymentPath('undone', 'undone')))).toBe(2);
  expect(await find(mapPath('limits'))).toMatchObject({ data: { value: 'x' } });
  expect(await find(mapPath('kept'))).toBeDefined();
  const token = Buffer.from('hunter2').toString('base64');
  expect(await find(secretPath)).toMatchObject({ data: { token } });
  expect(await syncline.run('history', 'undone', '--limit', '1')).toMatch(
    /with objects brought back[^]*undelete of Secret undone\/key[^]*it is still read[^]*3 created/,
  );
});

it('is not pruned again by another plan of the same revision', async () => {
  const from = await syncline.position();
  await syncline.run('retry', 'undone');
  await fleet.write('docs/note.md', `${from}\n`);
  await fleet.push('A commit that does not concern it');
  await syncline.untilEvent(from, 'ConfigurationAccepted');
  expect((await syncline.targetsOf('undone'))[0]).toMatchObject({ sync: 'Held', revision: without });
  expect(await find(mapPath('limits'))).toBeDefined();
});

it('brings back what somebody deleted, and is in no need of another commit for that', async () => {
  await syncline.run('replay', '--end', 'undone');
  await syncline.arrived('undone', without);
  expect(await find(mapPath('limits'))).toBeUndefined();
  await (await liveCluster('staging')).call('DELETE', mapPath('kept'));
  await eventually(async () => (await find(mapPath('kept'))) === undefined, 10_000, 'it is gone');
  await syncline.run('undelete', 'undone', 'ConfigMap/kept', '--yes');
  await eventually(async () => (await find(mapPath('kept'))) !== undefined, 60_000, 'it is back');
  await syncline.untilTargets('undone', 'is in sync', (one) => one.sync === 'InSync');
  expect(await find(mapPath('limits'))).toBeUndefined();
});

it('brings back one object by its name, which the next commit prunes again', async () => {
  await syncline.run('undelete', 'undone', 'ConfigMap/undone/limits', '--yes');
  await untilBack(without);
  expect(await find(mapPath('limits'))).toBeDefined();
  expect(await find(secretPath)).toBeUndefined();
  await fleet.write('apps/undone/kept.yaml', configMap('kept', 'z'));
  await syncline.arrived('undone', await fleet.push('Another kept'));
  expect(await find(mapPath('limits'))).toBeUndefined();
});

it('refuses what was never there, by name', async () => {
  const refused = await syncline.cli('undelete', 'undone', 'ConfigMap/nothing', '--yes');
  expect([refused.code, refused.stderr]).toMatchObject([
    1,
    expect.stringContaining('ConfigMap/nothing: nothing of that name was pruned or deleted') as string,
  ]);
});
