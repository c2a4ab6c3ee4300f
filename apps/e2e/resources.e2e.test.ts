import { beforeAll, expect, it } from 'vitest';

import { declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { cloneFleet, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

beforeAll(async () => {
  fleet = await cloneFleet();
});

it('resources shows Deployment, ReplicaSet and Pod, and why the image does not come', async () => {
  const manifest = deployment('unpulled').replace('unpulled:1', 'unpulled:does-not-exist');
  await declare(fleet, { name: 'unpulled' }, { 'web.yaml': manifest });
  await fleet.push('Add unpulled, with an image that is not there');
  await syncline.untilTargets('unpulled', 'is applied', (one) => one.sync === 'InSync');
  await expect
    .poll(() => syncline.run('resources', 'unpulled'), { timeout: 30_000, interval: 500 })
    .toMatch(/Pod\/unpulled-\S+ +InProgress.*: image ".*unpulled:does-not-exist" cannot be pulled/);
  const tree = await syncline.run('resources', 'unpulled', '--cluster', 'staging');
  expect(tree).toMatch(/^staging\n/);
  expect(tree).toMatch(/─ Deployment\/unpulled +InProgress/);
  expect(tree).toMatch(/ {3}└─ ReplicaSet\/unpulled-\S+ +InProgress/);
  expect(tree).toMatch(/ {6}└─ Pod\/unpulled-/);
  const { targets } = JSON.parse(await syncline.run('resources', 'unpulled', '-o', 'json')) as {
    targets: { cluster: string; resources: { object: { kind: string } }[] }[];
  };
  const kinds = targets.flatMap(({ resources }) => resources.map(({ object }) => object.kind));
  expect(kinds).toEqual(expect.arrayContaining(['Deployment', 'ReplicaSet', 'Pod']));
  await fleet.remove('applications/unpulled.yaml');
  await fleet.push('Take unpulled away');
});

it('suspects names the change that touched what fails, what it changed, and nothing once it is taken back', async () => {
  await declare(fleet, { name: 'broken' }, { 'web.yaml': deployment('broken') });
  const file = 'applications/broken.yaml';
  await fleet.edit(file, /$/, '  health: { timeout: 5s }\n');
  await fleet.push('Add broken, which is not yet');
  await syncline.untilTargets('broken', 'is Current', (one) => one.health === 'Current');
  const worse = deployment('broken').replace('broken:1', 'broken:does-not-exist');
  await fleet.write('apps/broken/web.yaml', worse);
  const revision = await fleet.push('Try another image');
  await syncline.untilTargets('broken', 'fails', (one) => one.health === 'Failed');
  const told = await syncline.run('suspects', 'broken');
  expect(told).toMatch(/^default\/broken on .+: Failed since/);
  expect(told).toMatch(/Deployment \S*broken: .*broken:does-not-exist" cannot be pulled/);
  expect(told).toContain(`broken ${revision.slice(0, 7)} "Try another image"`);
  expect(told).toMatch(/image +\S+broken:1 → \S+broken:does-not-exist/);
  await fleet.write('apps/broken/web.yaml', deployment('broken'));
  await fleet.push('Take the other image back');
  await syncline.untilTargets('broken', 'is Current again', (one) => one.health === 'Current');
  expect(await syncline.run('suspects', 'broken')).toBe('Nothing fails now.\n');
  await fleet.remove(file);
  await fleet.push('Take broken away');
});

it('resources says of a cluster where the application is not that it is not there', async () => {
  const refused = await syncline.cli('resources', 'storefront', '--cluster', 'nowhere');
  expect([refused.code, refused.stderr]).toMatchObject([
    1,
    expect.stringContaining('is not placed on nowhere') as string,
  ]);
});
