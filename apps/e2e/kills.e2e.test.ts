import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@syncline/kernel';

import { configMap, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { brokenRules } from './platform/log-rules.js';
import { LogWatch } from './platform/log-watch.js';
import { signal } from './platform/processes.js';
import { isWholeRun, seedOfRun, shuffled } from './platform/sampled.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';

const parts = ['git-watcher', 'planner', 'applier', 'api', 'nats-server', 'postgres'] as const;
/** The steps of a deployment that the log knows, in their order. */
const steps = [
  'RevisionDetected', 'ConfigurationAccepted', 'RolloutStarted', 'PlanRequested', 'PlanDrafted', 'ApplyStarted',
  'ObjectsApplied', 'ObjectsPruned', 'ApplySucceeded', 'HealthTransitioned', 'RolloutCompleted',
] as const; // prettier-ignore
const clusters = ['prod-eu', 'prod-us', 'staging'];
const app = 'unsinkable';

type Kill = readonly [part: (typeof parts)[number], step: (typeof steps)[number]];
/** One part after the other: what is killed again and again is started again ever later. */
const everyKill: readonly Kill[] = steps.flatMap((step) => parts.map((part): Kill => [part, step]));

const seed = seedOfRun();
/** In a sampled run four of the parts, each at one step. */
const kills = isWholeRun
  ? everyKill
  : shuffled(parts, seed).slice(0, 4).flatMap((part, at) => shuffled(everyKill.filter(([one]) => one === part), seed + at).slice(0, 1)); // prettier-ignore
/** While a newer revision comes: the parts between request and outcome; one of all in a sampled run. */
const everyOvertaken = everyKill.filter(([part]) => ['planner', 'applier', 'nats-server'].includes(part));
const overtakenKills = isWholeRun
  ? everyOvertaken
  : shuffled(everyOvertaken, seed + parts.length).slice(0, 1);
console.log(
  `kill -9 at ${kills.length + overtakenKills.length} steps of ${everyKill.length * 1.5}, SYNCLINE_TEST_SEED=${seed}`,
);

const syncline = sharedInstallation();
let fleet: FleetRepository;
let log: LogWatch;
let round = 0;

/** Pushes a change that creates an object, configures one and prunes one on each cluster; gives the commit. */
const change = async (): Promise<string> => {
  await fleet.git('pull', '--quiet', '--rebase');
  await fleet.remove(`apps/${app}/round-${round}.yaml`);
  round += 1;
  await fleet.write(`apps/${app}/round-${round}.yaml`, configMap(`round-${round}`, `${round}`));
  await fleet.write(`apps/${app}/web.yaml`, deployment(app, replicas()));
  return fleet.push(`Round ${round}`);
};

const replicas = (): number => (round % 4) + 1;
const isOurs = ({ subject, type }: StoredEvent): boolean =>
  subject.split('.').includes(app) || type === 'RevisionDetected' || type === 'ConfigurationAccepted';
const revisionOf = (event: StoredEvent): unknown => {
  const { revision, sha } = event.data as { readonly revision?: string; readonly sha?: string };
  return revision ?? sha;
};

/** What the clusters hold of the application, as they say themselves. */
const live = async (cluster: string): Promise<unknown> => {
  const api = await liveCluster(cluster);
  const { body } = await api.call('GET', `/api/v1/namespaces/${app}/configmaps`);
  const names = (body.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  return {
    replicas: replicasOf(await api.find(deploymentPath(app, app))),
    configMaps: names.filter((name) => name.startsWith('round-')),
  };
};

const countsOf = (events: readonly StoredEvent[], revision: string): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const event of events.filter((one) => revisionOf(one) === revision)) {
    counts[event.type] = (counts[event.type] ?? 0) + 1;
  }
  return counts;
};

const killAt = (from: number, part: Kill[0], step: Kill[1]): Promise<void> =>
  log
    .until(from, `${step} of ${app}`, (event) => event.type === step && isOurs(event))
    .then(async () => signal(await syncline.pidsOf(part), 'SIGKILL'));

/** Waits for the end of the rollout of a revision, holds clusters and log to the rules, and gives what happened. */
const ended = async (from: number, sha: string): Promise<readonly StoredEvent[]> => {
  const isCompleted = (event: StoredEvent): boolean =>
    event.type === 'RolloutCompleted' && isOurs(event) && revisionOf(event) === sha;
  await log.until(from, `the end of the rollout of ${sha}`, isCompleted);
  await syncline.arrived(app, sha, '120s');
  const wanted = { replicas: replicas(), configMaps: [`round-${round}`] };
  expect(await Promise.all(clusters.map(live))).toEqual([wanted, wanted, wanted]);
  const events = log.after(from).filter(isOurs);
  expect(brokenRules(events)).toEqual([]);
  return events;
};

const onceEach = {
  ...{ RevisionDetected: 1, ConfigurationAccepted: 1, RolloutStarted: 1, RolloutCompleted: 1 },
  ...{ ApplySucceeded: clusters.length, PlanApproved: clusters.length },
};

beforeAll(async () => {
  log = await LogWatch.open(sharedState);
  fleet = await cloneFleet();
  const manifests = {
    'web.yaml': deployment(app, replicas()),
    'settings.yaml': configMap('settings', 'kept'),
    'more.yaml': configMap('more', 'kept'),
    [`round-${round}.yaml`]: configMap(`round-${round}`, `${round}`),
  };
  await declare(fleet, { name: app, on: {} }, manifests);
  await syncline.arrived(app, await fleet.push(`Add ${app}`));
});

afterAll(() => log.close());

describe('a deployment in the middle of which a part is killed', () => {
  it.each(kills)('%s at %s: ends as it would have, nothing lost, nothing twice', async (part, step) => {
    const from = log.sequence;
    const killed = killAt(from, part, step);
    const sha = await change();
    await killed;
    const events = await ended(from, sha);
    expect(countsOf(events, sha)).toMatchObject(onceEach);
  });

  it.each(overtakenKills)('%s at %s, and a newer revision: ends at the newer one', async (part, step) => {
    const from = log.sequence;
    const killed = killAt(from, part, step);
    const first = await change();
    await killed;
    const sha = await change();
    const events = await ended(from, sha);
    expect(countsOf(events, sha)).toMatchObject(onceEach);
    expect(countsOf(events, first).ApplySucceeded ?? 0).toBeLessThanOrEqual(clusters.length);
  });

  it('leaves views that are those of the log', async () => {
    expect(await syncline.run('log', 'rebuild')).toMatch(/equal row for row/);
  });
});
