import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import { beforeAll, expect, it } from 'vitest';

import { declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { signal } from './platform/processes.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

type Hold = {
  readonly by: string;
  readonly sentence: string;
  readonly free: string;
  readonly since?: string;
};
type Why = { readonly targets: readonly { readonly cluster: string; readonly holds: readonly Hold[] }[] };

const holdsOf = async (application: string): Promise<readonly Hold[]> => {
  const { targets } = JSON.parse(await syncline.run('why', application, '-o', 'json')) as Why;
  return targets.flatMap(({ holds }) => holds);
};
const replicas = async (name: string): Promise<unknown> =>
  replicasOf(await (await liveCluster('staging')).find(deploymentPath(name, name)));

beforeAll(async () => {
  fleet = await cloneFleet();
});

it('a paused application waits with what comes, says so, and goes on when it is resumed', async () => {
  await declare(fleet, { name: 'resting' });
  await syncline.arrived('resting', await fleet.push('Add resting'));
  expect(await syncline.run('why', 'resting')).toMatch(/nothing holds it/);
  expect(await syncline.run('pause', 'resting', '--reason', 'the database moves')).toMatch(/syncline resume/);
  await fleet.write('apps/resting/web.yaml', deployment('resting', 3));
  const sha = await fleet.push('Three replicas');
  const [held] = await syncline.untilTargets('resting', 'held', (one) => one.sync === 'Held');
  expect(held).toMatchObject({
    desiredRevision: sha,
    message: 'The application is paused: the database moves',
  });
  expect(await replicas('resting')).toBe(1);
  const [hold] = await holdsOf('resting');
  expect(hold).toMatchObject({ by: 'pause', free: 'syncline resume resting' });
  expect(hold?.sentence).toContain('the database moves');
  const retried = await syncline.cli('retry', 'resting');
  expect([retried.code, retried.stderr]).toMatchObject([
    1,
    expect.stringContaining('is paused since') as string,
  ]);
  await syncline.run('resume', 'resting');
  await syncline.arrived('resting', sha);
  expect(await replicas('resting')).toBe(3);
  expect(await syncline.run('history', 'resting')).toContain('paused: the database moves');
});

it('why names the approval, the render and the fetch that a target waits for, and what frees it', async () => {
  await declare(fleet, { name: 'asking', mode: 'approval' });
  await declare(fleet, { name: 'broken' }, { 'web.yaml': 'apiVersion: v1\nkind: ConfigMap\n' });
  await fleet.push('Add asking and broken');
  await syncline.untilTargets('asking', 'waits', (one) => one.sync === 'AwaitingApproval');
  await syncline.untilTargets('broken', 'failed', (one) => one.sync === 'Failed');
  expect(await holdsOf('asking')).toMatchObject([
    { by: 'approval', free: expect.stringContaining('syncline approve') as string },
  ]);
  expect(await holdsOf('broken')).toMatchObject([{ by: 'render-failed' }]);
  const path = join(sharedState, 'git', 'fleet.git');
  const from = await syncline.position();
  await rename(path, `${path}.away`);
  try {
    await syncline.cli('repo', 'refresh', 'fleet');
    await syncline.untilEvent(from, 'FetchFailed');
    const [, fetch] = await holdsOf('asking');
    expect(fetch).toMatchObject({ by: 'fetch-failed' });
    expect(fetch?.since).toBeDefined();
  } finally {
    await rename(`${path}.away`, path);
  }
  await syncline.cli('repo', 'refresh', 'fleet');
  await fleet.git('pull', '--quiet', '--rebase');
  await fleet.remove('applications/broken.yaml');
  await fleet.remove('applications/asking.yaml');
  await fleet.push('Take asking and broken away');
});

it('nothing is parked, and what is not parked cannot be resumed', async () => {
  expect(await syncline.run('log', 'parked')).toContain('Nothing is parked.');
  const refused = await syncline.cli('log', 'resume', 'planner', 'planning', 'ev.plan.x.default.y');
  expect([refused.code, refused.stderr]).toMatchObject([1, expect.stringContaining('not parked') as string]);
});

/** Gives the planner another key of Git packs, as after a restore of the wrong one, and starts it again. */
const restartPlannerWith = async (packKey: string): Promise<void> => {
  await writeFile(join(sharedState, 'keys', 'pack.key'), packKey);
  const before = await syncline.pidsOf('planner');
  signal(before, 'SIGKILL');
  const isAgain = async (): Promise<boolean> =>
    !(await syncline.pidsOf('planner')).some((pid) => before.includes(pid));
  await eventually(isAgain, 60_000, 'the planner runs again');
};

it('a subject that the planner gave up on goes on when it is resumed, once what it fails on is mended', async () => {
  await fleet.git('pull', '--quiet', '--rebase');
  const parked = ['log', 'resume', 'planner', 'configuration', 'ev.repo.fleet'];
  const packKey = await readFile(join(sharedState, 'keys', 'pack.key'), 'utf8');
  let sha: string;
  const from = await syncline.position();
  await restartPlannerWith('0'.repeat(64));
  try {
    await fleet.write('apps/resting/web.yaml', deployment('resting', 2));
    sha = await fleet.push('Two replicas');
    await syncline.untilEvent(from, 'SubjectParked');
    expect(await syncline.run('log', 'parked')).toMatch(
      /planner +configuration +ev\.repo\.fleet .*does not open with this key/,
    );
    expect((await syncline.cli('doctor')).stdout).toContain(`syncline ${parked.join(' ')}`);
    const failing = await syncline.cli(...parked);
    expect([failing.code, failing.stderr]).toMatchObject([
      1,
      expect.stringContaining('fails as before') as string,
    ]);
  } finally {
    await restartPlannerWith(packKey);
  }
  expect(await syncline.run(...parked)).toContain('configuration of planner goes on with ev.repo.fleet.');
  await syncline.arrived('resting', sha);
  expect(await replicas('resting')).toBe(2);
  expect(await syncline.run('log', 'parked')).toContain('Nothing is parked.');
});
