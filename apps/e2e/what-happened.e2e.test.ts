import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { beforeAll, expect, it } from 'vitest';

import { root, run } from './platform/command-line.js';
import { declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;
let [before, good, bad, reverted, drifted]: string[] = [];
let [first, broken, mended]: string[] = [];

type Target = Readonly<Record<string, unknown>>;

/** An instant at which exactly what is known so far has happened. */
const instant = async (): Promise<string> => {
  await delay(20);
  const now = new Date().toISOString();
  await delay(20);
  return now;
};

const asOf = async (at: string): Promise<readonly Target[]> => {
  const text = await syncline.run('as-of', at, '--application', 'shop', '-o', 'json');
  return (JSON.parse(text) as { targets: Target[] }).targets;
};

/** A revision that is applied, one that the cluster refuses, its revert, and somebody who scales by hand. */
beforeAll(async () => {
  fleet = await cloneFleet();
  before = await instant();
  await declare(fleet, { name: 'shop' }, { 'web.yaml': deployment('shop', 2) });
  first = await fleet.push('Open the shop');
  await syncline.arrived('shop', first);
  good = await instant();
  await fleet.write('apps/shop/web.yaml', deployment('shop', 4, '      nodeSelectors: { disk: fast }'));
  broken = await fleet.push('Faster disks for the shop');
  await syncline.untilTargets('shop', 'has failed', (one) => one.sync === 'Failed');
  bad = await instant();
  await fleet.git('revert', '--no-edit', 'HEAD');
  await fleet.git('push', '--quiet');
  mended = await fleet.git('rev-parse', 'HEAD');
  await syncline.arrived('shop', mended);
  reverted = await instant();
  const staging = await liveCluster('staging');
  const path = `${deploymentPath('shop', 'shop')}?fieldManager=kubectl-scale`;
  const patch = [{ op: 'replace', path: '/spec/replicas', value: 7 }];
  expect((await staging.call('PATCH', path, patch, 'application/json-patch+json')).code).toBe(200);
  await syncline.untilTargets('shop', 'drifted', (one) => one.sync === 'Drifted');
  drifted = await instant();
});

it('as-of says of each instant what ran then', async () => {
  expect(await asOf(before!)).toEqual([]);
  const current = { health: 'Current', applied: { approvedBy: 'rule:automatic' }, notYetKnown: false };
  const images = ['registry.example.com/shop:1'];
  expect(await asOf(good!)).toMatchObject([{ ...current, sync: 'InSync', revision: first, images }]);
  expect(await asOf(bad!)).toMatchObject([
    { ...current, sync: 'Failed', revision: first, desiredRevision: broken },
  ]);
  expect(await asOf(reverted!)).toMatchObject([{ ...current, sync: 'InSync', revision: mended }]);
  expect(await asOf(drifted!)).toMatchObject([{ sync: 'Drifted', drift: { objects: 1 } }]);
  const now = await syncline.targetsOf('shop');
  expect(await asOf('now')).toMatchObject(
    now.map(({ sync, health, revision }) => ({ sync, health, revision })),
  );
});

it('diff names what was different, and ends with 3 where that is asked for', async () => {
  const text = await syncline.run('diff', good!, bad!, '--application', 'shop');
  expect(text).toContain(`wanted revision: ${first!.slice(0, 7)} → ${broken!.slice(0, 7)}`);
  expect(text).toContain('sync: InSync → Failed');
  expect(await syncline.run('diff', before!, good!, '--application', 'shop')).toMatch(
    /shop on staging {2}appeared[^]*\+ Deployment shop\/shop/,
  );
  const same = await syncline.cli('diff', good!, good!, '--exit-code');
  const other = await syncline.cli('diff', good!, bad!, '--exit-code');
  expect([same.code, other.code]).toEqual([0, 3]);
});

it('why, history and drift answer as of then', async () => {
  const then = await syncline.run('why', 'shop', '--at', bad!);
  expect(then).toContain('Dev committed "Open the shop"');
  expect(then).toMatch(/held by [\w-]+ since .*nodeSelectors/);
  expect(await syncline.run('why', 'shop', '--at', good!)).toContain('nothing held it');
  expect(await syncline.run('history', 'shop', '--at', good!)).not.toContain('Faster disks');
  expect(await syncline.run('history', 'shop', '--at', bad!)).toContain('Faster disks');
  expect(await syncline.run('drift', 'shop', '--at', good!)).toContain('Nothing of shop is drifted');
  expect(await syncline.run('drift', 'shop', '--at', 'now')).toContain('kubectl-scale');
});

it('every list answers as of then', async () => {
  expect(await syncline.run('plan', 'shop', '--at', good!)).toMatch(/Applied/);
  expect(await syncline.run('plan', 'shop', '--at', bad!)).toMatch(/nodeSelectors/);
  expect(await syncline.run('resources', 'shop', '--at', good!)).toMatch(/Deployment\/shop[^]*not recorded/);
  expect(await syncline.run('app', 'show', 'shop', '--at', bad!)).toContain('Failed');
  expect(await syncline.run('app', 'list', '--at', before!)).not.toContain('shop ');
  expect(await syncline.run('repo', 'list', '--at', good!)).toContain(first!.slice(0, 7));
  expect(await syncline.run('cluster', 'list', '--at', good!)).toContain('staging');
  expect(await syncline.run('log', 'parked', '--at', good!)).toBeDefined();
  expect(await syncline.run('token', 'list', '--at', good!)).toContain('administrator');
  expect(await syncline.run('artifact', 'list', '--at', good!)).toBeDefined();
  expect(await syncline.run('registry', 'list', '--at', good!)).toBeDefined();
  const tail = await syncline.run('log', 'tail', '--at', good!, '--application', 'shop', '--limit', '1');
  expect(tail).toContain(`rollout of ${first!.slice(0, 7)} completed`);
  expect((await syncline.cli('log', 'tail', '--at', good!, '--follow')).code).toBe(2);
  expect((await syncline.cli('plan', 'shop', '--at', good!, '--revision', first!)).code).toBe(2);
});

it('blame answers as of then', async () => {
  const blamed = await syncline.run('blame', 'shop', 'Deployment/shop', 'spec.replicas');
  expect(blamed).toMatch(/\/spec\/replicas +2 +[0-9a-f]{7} "Open the shop" +Dev/);
  expect(blamed).toMatch(/live +7 +kubectl-scale in the cluster/);
  expect(await syncline.run('blame', 'shop', 'Deployment/shop', '--at', good!)).not.toContain(
    'kubectl-scale',
  );
});

it('what cannot be answered is said in a sentence', async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await syncline.cli(...args);
    return [code, stderr.trim()];
  };
  expect(await refused('as-of', 'tomorrow')).toEqual([
    2,
    expect.stringContaining('Give an instant') as string,
  ]);
  expect(await refused('as-of', '2999-01-01')).toEqual([
    1,
    expect.stringContaining('has not come yet') as string,
  ]);
  expect(await refused('why', 'shop', '--at', before!)).toEqual([
    1,
    expect.stringContaining('There was no application') as string,
  ]);
  const { code, body } = await syncline.api('GET', `/v1/suspects?at=${good!}`);
  expect([code, body]).toMatchObject([422, { code: 'no-past' }]);
});

it('docs/what-happened.md can be followed as it is written', async () => {
  const page = await readFile(join(root, 'docs/what-happened.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
  const script = blocks
    .join('\n')
    .replace(/^good=.*$/m, `good="${good!}"`)
    .replace(/^bad=.*$/m, `bad="${bad!}"`);
  expect(script.match(/^\.\/syncline /gm)?.length).toBeGreaterThan(7);
  const env = {
    ...process.env,
    SYNCLINE_URL: (await readFile(join(sharedState, 'url'), 'utf8')).trim(),
    SYNCLINE_TOKEN: (await readFile(join(sharedState, 'token'), 'utf8')).trim(),
  };
  const { code, stdout, stderr } = await run('bash', ['-euc', script], { cwd: root, env });
  expect([code, stderr]).toEqual([0, '']);
  for (const said of [
    'wanted revision',
    'registry.example.com/shop:1',
    'Open the shop',
    'kubectl-scale',
    'nodeSelectors',
  ])
    expect(stdout).toContain(said);
});
