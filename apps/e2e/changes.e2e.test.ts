import { beforeAll, describe, expect, it } from 'vitest';

import { declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

beforeAll(async () => {
  fleet = await cloneFleet();
});

/** An application of the test's own, declared and arrived. */
const arrive = async (name: string, on?: Record<string, string>): Promise<string> => {
  await fleet.git('pull', '--quiet', '--rebase');
  await declare(fleet, { name, ...(on && { on }) });
  const sha = await fleet.push(`Add ${name}`);
  await syncline.arrived(name, sha);
  return sha;
};

describe('a pushed change', () => {
  it('arrives on every cluster of its placement, and the log tells it as one story', async () => {
    await arrive('story', {});
    await fleet.edit('apps/story/web.yaml', 'replicas: 1', 'replicas: 3');
    const sha = await fleet.push('Three replicas for the story');
    await syncline.arrived('story', sha);

    for (const name of ['staging', 'prod-eu', 'prod-us']) {
      const live = await (await liveCluster(name)).find(deploymentPath('story', 'story'));
      expect(replicasOf(live)).toBe(3);
    }
    const told = await syncline.run('history', 'story', '--limit', '1');
    expect(told).toContain('Three replicas for the story');
    expect(told).toContain('dev@example.com');
    expect(told).toMatch(/approved by rule automatic/);
    const [change] = JSON.parse(await syncline.run('history', 'story', '--limit', '1', '-o', 'json')) as [
      { events: { type: string; correlationid: string }[] },
    ];
    const types = change.events.map((event) => event.type);
    const steps = [
      'RevisionDetected', 'ConfigurationAccepted', 'RolloutStarted', 'WaveOpened', 'PlanRequested', 'PlanDrafted',
      'PlanApproved', 'ApplyStarted', 'ObjectsApplied', 'ApplySucceeded', 'HealthTransitioned', 'WaveCompleted', 'RolloutCompleted',
    ]; // prettier-ignore
    expect(steps.filter((step) => !types.includes(step))).toEqual([]);
    expect(steps.map((step) => types.indexOf(step))).toEqual(
      steps.map((step) => types.indexOf(step)).toSorted((a, b) => a - b),
    );
    expect(new Set(change.events.map((event) => event.correlationid)).size).toBe(1);
  });

  it('of one application plans that one alone, and counts as reached for the others', async () => {
    await arrive('touched');
    await arrive('untouched');
    const before = await syncline.targets();
    const from = await syncline.position();
    await fleet.edit('apps/touched/web.yaml', 'replicas: 1', 'replicas: 2');
    const sha = await fleet.push('Touch one of many');
    await syncline.arrived('touched', sha);
    await syncline.arrived('untouched', sha);

    const planned = (await syncline.events(from, '&type=PlanRequested')).map((event) => event.subject);
    expect(planned).toEqual(['ev.plan.staging.default.touched']);
    const others = (rows: typeof before) =>
      rows
        .filter((row) => row.application !== 'touched')
        .map(({ application, cluster, revision }) => ({ application, cluster, revision }));
    expect(others(await syncline.targets())).toEqual(others(before));
  });

  it('that removes an application retires it and leaves its objects where they are', async () => {
    await arrive('leaving');
    const from = await syncline.position();
    await fleet.remove('applications/leaving.yaml');
    await fleet.push('Retire leaving');
    await syncline.untilEvent(from, 'TargetOrphaned', (event) => event.subject.endsWith('.leaving'));
    expect((await syncline.targets()).filter((row) => row.application === 'leaving')).toEqual([]);
    const staging = await liveCluster('staging');
    expect(await staging.find(deploymentPath('leaving', 'leaving'))).toBeDefined();
  });

  it('that is reverted by git goes back, and the log knows what it reverts', async () => {
    await arrive('reverted');
    await fleet.edit('apps/reverted/web.yaml', 'replicas: 1', 'replicas: 4');
    const bad = await fleet.push('Four replicas');
    await syncline.arrived('reverted', bad);
    const from = await syncline.position();
    await fleet.git('revert', '--no-edit', 'HEAD');
    await fleet.git('push', '--quiet');
    const revert = await fleet.git('rev-parse', 'HEAD');
    await syncline.arrived('reverted', revert);

    const seen = await syncline.untilEvent(
      from,
      'RevisionDetected',
      (event) => event.data.revision === revert,
    );
    expect(seen.data.reverts).toEqual([bad]);
    const live = await (await liveCluster('staging')).find(deploymentPath('reverted', 'reverted'));
    expect(replicasOf(live)).toBe(1);
  });
});

describe('an application that asks for approval', () => {
  it('waits for a person, who approves the digest that was shown and no other', async () => {
    await fleet.git('pull', '--quiet', '--rebase');
    await declare(fleet, { name: 'gated', mode: 'approval' });
    const sha = await fleet.push('Add gated');
    const [waiting] = await syncline.untilTargets(
      'gated',
      'waits for approval',
      (row) => row.sync === 'AwaitingApproval',
    );
    expect(await (await liveCluster('staging')).find(deploymentPath('gated', 'gated'))).toBeUndefined();

    const wrong = await syncline.cli('approve', 'f'.repeat(64));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/no plan|not known|unknown/i);
    await syncline.run('approve', waiting!.plan!, '--reason', 'looks right');
    await syncline.arrived('gated', sha);
    expect(await syncline.run('history', 'gated', '--limit', '1')).toMatch(/approved by/);
  });

  it('supersedes the plan that waits when a newer revision comes, and refuses the old digest', async () => {
    await fleet.git('pull', '--quiet', '--rebase');
    await declare(fleet, { name: 'hurried', mode: 'approval' });
    await fleet.push('Add hurried');
    const [first] = await syncline.untilTargets(
      'hurried',
      'waits for approval',
      (row) => row.sync === 'AwaitingApproval',
    );
    await fleet.write('apps/hurried/web.yaml', deployment('hurried', 2));
    const newer = await fleet.push('Two replicas for hurried');
    const [second] = await syncline.untilTargets(
      'hurried',
      'waits with the newer plan',
      (row) => row.sync === 'AwaitingApproval' && row.desiredRevision === newer,
    );
    expect(second!.plan).not.toBe(first!.plan);

    const old = await syncline.cli('approve', first!.plan!);
    expect(old.code).toBe(1);
    expect(old.stderr).toMatch(/superseded/);
    await syncline.run('approve', second!.plan!);
    await syncline.arrived('hurried', newer);
    expect(replicasOf(await (await liveCluster('staging')).find(deploymentPath('hurried', 'hurried')))).toBe(
      2,
    );
  });

  it('stays as it is when a person rejects the plan', async () => {
    await fleet.git('pull', '--quiet', '--rebase');
    await declare(fleet, { name: 'rejected', mode: 'approval' });
    await fleet.push('Add rejected');
    const [waiting] = await syncline.untilTargets(
      'rejected',
      'waits for approval',
      (row) => row.sync === 'AwaitingApproval',
    );
    await syncline.run('reject', waiting!.plan!, '--reason', 'not today');
    await syncline.untilTargets('rejected', 'is held', (row) => row.sync === 'Held');
    expect((await syncline.cli('approve', waiting!.plan!)).code).toBe(1);
    expect(await (await liveCluster('staging')).find(deploymentPath('rejected', 'rejected'))).toBeUndefined();
  });
});
