import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from 'vitest';

import { configMap, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

type Deployment = { readonly plan: string; readonly cluster: string; readonly revision: string };

const deploymentsOf = async (application: string): Promise<readonly Deployment[]> =>
  JSON.parse(await syncline.run('deployments', application, '-o', 'json')) as Deployment[];
const replicas = async (name: string): Promise<unknown> =>
  replicasOf(await (await liveCluster('staging')).find(deploymentPath(name, name)));
const finds = async (name: string, map: string): Promise<boolean> =>
  (await (await liveCluster('staging')).find(`/api/v1/namespaces/${name}/configmaps/${map}`)) !== undefined;
const untilReplayed = (name: string, sha: string) =>
  syncline.untilTargets(name, 'runs the replay', (one) => one.revision === sha && one.sync === 'Held');

beforeAll(async () => {
  fleet = await cloneFleet();
});

it('a recorded deployment runs again, is said by status, why and history, and ends with the next commit', async () => {
  await declare(fleet, { name: 'again' });
  const first = await fleet.push('Add again');
  await syncline.arrived('again', first);
  await fleet.write('apps/again/web.yaml', deployment('again', 2));
  await fleet.write('apps/again/limits.yaml', configMap('limits', 'x'));
  const second = await fleet.push('Two replicas and limits');
  await syncline.arrived('again', second);
  const [newest, oldest] = await deploymentsOf('again');
  expect([newest?.revision, oldest?.revision]).toEqual([second, first]);
  const told = await syncline.run('replay', oldest!.plan.slice(0, 12), '--reason', 'orders fail');
  expect(told).toContain('until another commit for again');
  const [row] = await untilReplayed('again', first);
  expect(row).toMatchObject({ desiredRevision: second, health: expect.any(String) as string });
  expect(row?.message).toContain(`runs plan ${oldest!.plan.slice(0, 12)}`);
  expect([await replicas('again'), await finds('again', 'limits')]).toEqual([1, false]);
  expect(await syncline.run('why', 'again')).toMatch(
    /held by replay.*orders fail[^]*syncline replay --end again/,
  );
  expect(await syncline.run('why', 'again')).toMatch(
    /wants plan [0-9a-f]{12} of staging to run again: orders fail/,
  );
  expect(await syncline.run('as-of', 'now', '--application', 'again')).toMatch(/again .* Held/);
  const history = await syncline.run('history', 'again', '--limit', '1');
  expect(history).toMatch(
    /run again from the record[^]*replay of plan[^]*orders fail[^]*planned: [^]*applied/,
  );
  expect(await syncline.run('plan', 'again')).toMatch(
    /what differs from then:[^]*ConfigMap again\/limits is there now/,
  );
  await fleet.write('apps/again/web.yaml', deployment('again', 3));
  const third = await fleet.push('Three replicas');
  await syncline.arrived('again', third);
  expect([await replicas('again'), await finds('again', 'limits')]).toEqual([3, true]);
});

it('a replay asked for twice with one key runs once, and is ended by a person', async () => {
  const [newest, before] = await deploymentsOf('again');
  const from = await syncline.position();
  const key = randomUUID();
  const body = { deployment: before!.plan, reason: 'look' };
  const ask = () =>
    syncline.api('POST', '/v1/applications/default/again/replays', body, { 'idempotency-key': key });
  expect([(await ask()).code, (await ask()).code]).toEqual([200, 200]);
  await untilReplayed('again', before!.revision);
  expect(await syncline.events(from, '&type=ReplayRequested')).toHaveLength(1);
  await syncline.run('replay', '--end', 'again', '--reason', 'mended');
  await syncline.arrived('again', newest!.revision);
  const [ended] = await syncline.events(from, '&type=ReplayEnded');
  expect(ended?.data).toMatchObject({ reason: 'mended', revision: newest!.revision });
  expect(await syncline.run('replay', '--end', 'again')).toContain('Nothing of again runs from the record.');
});

it('a replay asks a person where the application asks for approval', async () => {
  await declare(fleet, { name: 'asked', mode: 'approval' });
  for (const replicaCount of [1, 2]) {
    await fleet.write('apps/asked/web.yaml', deployment('asked', replicaCount));
    const sha = await fleet.push(`${replicaCount} replicas`);
    const [row] = await syncline.untilTargets(
      'asked',
      'waits',
      (one) => one.sync === 'AwaitingApproval' && one.desiredRevision === sha,
    );
    await syncline.run('approve', row!.plan!.slice(0, 12));
    await syncline.arrived('asked', sha);
  }
  const [, first] = await deploymentsOf('asked');
  await syncline.run('replay', first!.plan);
  const [row] = await syncline.untilTargets('asked', 'asks', (one) => one.sync === 'AwaitingApproval');
  expect(await replicas('asked')).toBe(2);
  await syncline.run('approve', row!.plan!.slice(0, 12));
  await untilReplayed('asked', first!.revision);
  expect(await replicas('asked')).toBe(1);
});

it('what cannot run again is refused by name', async () => {
  const refused = async (...args: string[]) => (await syncline.cli('replay', ...args)).stderr;
  const [known] = await deploymentsOf('again');
  expect(await refused('ffffffffffff')).toContain('There is no plan ffffffffffff');
  expect(await refused('latest')).toContain('latest is no deployment');
  expect(await refused(known!.plan, '--onto', 'nowhere')).toContain('There is no cluster nowhere');
  expect(await refused(known!.plan, '--onto', 'prod-eu')).toContain('is not placed on prod-eu');
  await fleet.git('pull', '--quiet', '--rebase');
  await fleet.remove('applications/again.yaml');
  await fleet.remove('applications/asked.yaml');
  const from = await syncline.position();
  await fleet.push('Take again away');
  await syncline.untilEvent(from, 'ApplicationRetired');
  expect(await refused(known!.plan)).toContain('is retired');
});
