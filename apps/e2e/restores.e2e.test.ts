import { eventually } from '@syncline/testkit';
import { beforeAll, expect, it } from 'vitest';

import { configMap, declaration, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { signal } from './platform/processes.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
const names = ['backa', 'backb'] as const;
let fleet: FleetRepository;
let then: string;

/** Labelled, so that a selector finds both. */
const declared = (name: string): string =>
  declaration({ name }).replace(
    `metadata: { name: ${name} }`,
    `metadata: { name: ${name}, labels: { set: back } }`,
  );
const replicas = () =>
  Promise.all(
    names.map(async (name) =>
      replicasOf(await (await liveCluster('staging')).find(deploymentPath(name, name))),
    ),
  );
const scale = async (count: number): Promise<void> => {
  for (const name of names) await fleet.write(`apps/${name}/web.yaml`, deployment(name, count));
  const sha = await fleet.push(`${count} replicas`);
  for (const name of names) await syncline.arrived(name, sha);
};

beforeAll(async () => {
  fleet = await cloneFleet();
  for (const name of names) {
    await declare(fleet, { name });
    await fleet.write(`applications/${name}.yaml`, declared(name));
  }
  await scale(1);
  then = new Date().toISOString();
  await scale(2);
});

it('shows what would become what it was, and does nothing without a yes', async () => {
  const asked = await syncline.cli('restore', '--as-of', then, '--selector', 'set=back');
  expect([asked.code, asked.stderr]).toMatchObject([
    1,
    expect.stringMatching(
      /2 targets would become[^]*backa on staging[^]*backb on staging[^]*Give --yes/,
    ) as string,
  ]);
  expect(await replicas()).toEqual([2, 2]);
  const all = await syncline.cli('restore', '--as-of', then, '--yes');
  expect([all.code, all.stderr]).toMatchObject([1, expect.stringContaining('Say which targets') as string]);
});

it('restores two applications as of an instant, one after the other, as one change', async () => {
  const from = await syncline.position();
  const said = await syncline.cli(
    'restore',
    '--as-of',
    then,
    '--selector',
    'set=back',
    '--reason',
    'orders fail',
    '--yes',
  );
  expect([said.code, said.stderr]).toMatchObject([
    0,
    expect.stringMatching(/1 of 2 +default\/backa[^]*2 of 2 +default\/backb/) as string,
  ]);
  expect(await replicas()).toEqual([1, 1]);
  const replays = await syncline.events(from, '&type=ReplayRequested');
  expect(replays).toHaveLength(2);
  expect(new Set(replays.map(({ correlationid }) => correlationid)).size).toBe(1);
  expect(await syncline.run('history', 'backb', '--limit', '1')).toMatch(
    /restore of 2 targets as of .*: orders fail/,
  );
  const again = await syncline.run('restore', '--as-of', then, '--selector', 'set=back', '--yes');
  expect(again).toMatch(/Nothing has to become[^]*backa on staging +stays: it runs what it ran then/);
  await scale(3);
  expect(await replicas()).toEqual([3, 3]);
});

it('a planner that is killed in the middle of a restore carries it out to its end', async () => {
  const from = await syncline.position();
  const body = { asOf: then, selector: 'set=back', reason: 'killed' };
  const { body: begun } = await syncline.api('POST', '/v1/restores', body);
  const { restore } = begun as { restore: string };
  await syncline.untilEvent(from, 'ReplayRequested');
  signal(await syncline.pidsOf('planner'), 'SIGKILL');
  const state = async () => (await syncline.api('GET', `/v1/restores/${restore}`)).body as { state: string };
  await eventually(async () => (await state()).state === 'Completed', 90_000, 'the restore is completed');
  expect(await replicas()).toEqual([1, 1]);
  expect(await syncline.events(from, '&type=ReplayRequested')).toHaveLength(2);
});

it('runs again on another cluster, where the application is placed and has the same values', async () => {
  const both = { tier: 'production' };
  const files = {
    'web.yaml': configMap('web', 'one'),
    'key.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: { token: first }\n',
  };
  await declare(fleet, { name: 'onto', on: both }, files);
  const first = await fleet.push('Add onto');
  await syncline.arrived('onto', first);
  await fleet.write('apps/onto/web.yaml', configMap('web', 'two'));
  const second = await fleet.push('Two');
  await syncline.arrived('onto', second);
  const deployments = JSON.parse(
    await syncline.run('deployments', 'onto', '--cluster', 'prod-eu', '-o', 'json'),
  ) as { plan: string; revision: string }[];
  const old = deployments.find(({ revision }) => revision === first);
  const said = await syncline.run('replay', old!.plan, '--onto', 'prod-us');
  expect(said).toContain('runs again on prod-us');
  await eventually(
    async () =>
      (await syncline.fleet()).some(
        (one) =>
          one.application === 'onto' &&
          one.cluster === 'prod-us' &&
          one.revision === first &&
          one.sync === 'Held',
      ),
    60_000,
    'it runs on prod-us',
  );
  const path = '/api/v1/namespaces/onto/configmaps/web';
  expect(await (await liveCluster('prod-us')).find(path)).toMatchObject({ data: { value: 'one' } });
  expect(await (await liveCluster('prod-eu')).find(path)).toMatchObject({ data: { value: 'two' } });
});
