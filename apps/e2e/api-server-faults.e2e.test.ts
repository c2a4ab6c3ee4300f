import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StoredEvent } from '@syncline/kernel';
import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { configMap, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { brokenRules } from './platform/log-rules.js';
import { LogWatch } from './platform/log-watch.js';
import { SandboxProcess } from './platform/sandbox-process.js';
import { cloneFleet, sharedInstallation, sharedState } from './platform/shared.js';

const app = 'undaunted';
const troubled = ['throttling', 'hanging', 'cutting', 'restarting'] as const;
const well = ['well-one', 'well-two'];
const clusters = [...troubled, ...well];
/** What is waited for at most until a cluster that is well again has the revision: planner and applier pause between tries. */
const returnMs = 120_000;

const syncline = sharedInstallation();
let folder: string;
let fleet: FleetRepository;
let log: LogWatch;
let most: SandboxProcess;
/** In a process of its own, which can be killed. */
let restarting: SandboxProcess;

const processOf = (cluster: string): SandboxProcess => (cluster === 'restarting' ? restarting : most);
const isOurs = ({ subject }: StoredEvent): boolean => subject.split('.').includes(app);
const succeeded = (from: number, sha: string): readonly (string | undefined)[] =>
  log
    .after(from)
    .filter((event) => isOurs(event) && event.type === 'ApplySucceeded' && (event.data as { revision: string }).revision === sha)
    .map(({ subject }) => subject.split('.')[2]); // prettier-ignore
const until = (from: number, type: string, cluster: string, deadlineMs?: number) =>
  log.until(from, `${type} on ${cluster}`, (event) => isOurs(event) && event.type === type && event.subject.split('.')[2] === cluster, deadlineMs); // prettier-ignore
const linesWith = async (words: string): Promise<readonly string[]> =>
  (await readFile(join(sharedState, 'logs', 'applier.log'), 'utf8'))
    .split('\n')
    .filter((line) => line.includes(words));

type Why = { readonly targets: readonly { readonly holds: readonly { readonly by: string }[] }[] };

/** What `why` says that holds a cluster's target, by a word for programs. */
const holdsOf = async (cluster: string): Promise<readonly string[]> => {
  const said = await syncline.run('why', app, '--cluster', cluster, '-o', 'json');
  return (JSON.parse(said) as Why).targets.flatMap(({ holds }) => holds.map(({ by }) => by));
};
const untilHeld = (cluster: string, by: string): Promise<true> =>
  eventually(
    async () => (await holdsOf(cluster)).includes(by),
    returnMs,
    `${by} as what holds ${cluster}`,
    500,
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-bad-day-'));
  most = await SandboxProcess.start(folder, clusters.filter((one) => one !== 'restarting')); // prettier-ignore
  restarting = await SandboxProcess.start(folder, ['restarting']);
  for (const cluster of clusters)
    await syncline.run('cluster', 'add', cluster, '--kubeconfig', processOf(cluster).kubeconfigOf(cluster), '--label', 'day=bad'); // prettier-ignore
  log = await LogWatch.open(sharedState);
  fleet = await cloneFleet();
  const manifests = { 'web.yaml': deployment(app, 1), 'settings.yaml': configMap('settings', 'a') };
  await declare(fleet, { name: app, on: { day: 'bad' } }, manifests);
  await syncline.arrived(app, await fleet.push(`Add ${app}`));
});

afterAll(async () => {
  await fleet.git('pull', '--quiet', '--rebase');
  await fleet.remove(`applications/${app}.yaml`);
  await fleet.push(`Take ${app} away`);
  for (const cluster of clusters) await syncline.run('cluster', 'remove', cluster);
  await Promise.all([most.kill(), restarting.kill(), log.close()]);
  await rm(folder, { recursive: true, force: true });
});

it('a push arrives at once where the API server is well, and elsewhere once it may, each exactly once', async () => {
  const from = log.sequence;
  await most.order('throttling', { answer: 429, retryAfterSeconds: 1 });
  await most.order('hanging', { answer: 'hang' });
  await most.order(
    'cutting',
    { verb: 'patch', dryRun: true, answer: 'cut', times: 1 },
    { verb: 'patch', dryRun: false, answer: 'cut-answer', times: 4 },
    { verb: 'watch', answer: 'cut-answer', times: 3 },
  );
  const killed = until(from, 'ApplyStarted', 'restarting').then(() => restarting.kill());
  await fleet.write(`apps/${app}/web.yaml`, deployment(app, 3));
  await fleet.write(`apps/${app}/settings.yaml`, configMap('settings', 'b'));
  const sha = await fleet.push('Three, on a bad day');

  await Promise.all(well.map((cluster) => until(from, 'ApplySucceeded', cluster, 30_000)));
  const early = succeeded(from, sha);
  expect(early).not.toContain('throttling');
  expect(early).not.toContain('hanging');

  await killed;
  await until(from, 'ApplySucceeded', 'cutting', returnMs);
  await untilHeld('throttling', 'cluster');
  await untilHeld('hanging', 'cluster-lost');
  await untilHeld('restarting', 'cluster-lost');
  expect(await holdsOf('well-one')).toEqual([]);
  expect(await linesWith('API server of throttling, which throttles')).toHaveLength(1);

  await restarting.startAgain();
  for (const cluster of ['throttling', 'hanging']) await most.order(cluster);
  await syncline.arrived(app, sha, `${returnMs / 1000}s`);

  expect(succeeded(from, sha).toSorted()).toEqual(clusters.toSorted());
  expect(brokenRules(log.after(from).filter(isOurs))).toEqual([]);
  for (const cluster of clusters) {
    const live = await processOf(cluster).live(cluster);
    expect(replicasOf(await live.find(deploymentPath(app, app)))).toBe(3);
  }
}, 400_000);
