import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '@syncline/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import { declaration, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { signal } from './platform/processes.js';
import { isWholeRun, seedOfRun, shuffled } from './platform/sampled.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';

const services = ['git-watcher', 'planner', 'applier', 'api'] as const;
const clusters = ['staging', 'prod-eu', 'prod-us'];
/** `tide` follows Git, `toll` waits for a person, `tern` is changed by hand. */
const [tide, toll, tern] = ['tide', 'toll', 'tern'];
const awayMs = isWholeRun ? 60_000 : 5_000;
/** Long enough for a client to notice by its pings that nobody answers. */
const untilNoticedMs = 45_000;

const syncline = sharedInstallation();
let fleet: FleetRepository;
let replicas = 1;

const portsOf = async (): Promise<Readonly<Record<string, number>>> =>
  JSON.parse(await readFile(join(sharedState, 'ports.json'), 'utf8')) as Record<string, number>;

/** What a service says that it waits for, and nothing where it is ready. */
const waitsFor = async (service: string): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${(await portsOf())[service]}/readyz`);
  return answer.status === 200 ? '' : answer.text();
};
const isReady = async (service: string): Promise<boolean> =>
  (await waitsFor(service).catch(() => 'it does not answer')) === '';

const replicate = async (): Promise<string> => {
  await fleet.git('pull', '--quiet', '--rebase');
  replicas = (replicas % 8) + 1;
  await fleet.write(`apps/${tide}/web.yaml`, deployment(tide, replicas));
  return fleet.push(`${replicas} replicas`);
};

const editByHand = async (): Promise<void> => {
  const staging = await liveCluster('staging');
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'hotfix:9' }];
  const path = `${deploymentPath(tern, tern)}?fieldManager=kubectl-edit`;
  expect((await staging.call('PATCH', path, patch, 'application/json-patch+json')).code).toBe(200);
};

const imageOf = async (): Promise<unknown> => {
  const found = (await (await liveCluster('staging')).find(deploymentPath(tern, tern))) as {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  return found.spec.template.spec.containers[0]?.image;
};

const planThatWaits = async (): Promise<string> => {
  const [waiting] = await syncline.untilTargets(
    toll,
    'waits for a person',
    (one) => one.sync === 'AwaitingApproval',
  );
  return waiting?.plan ?? '';
};

/** Ends nats-server and keeps its port: whoever connects is cut off, and it cannot start. */
const refuses = async (): Promise<() => Promise<void>> => {
  const { nats } = await portsOf();
  const occupant = createServer((socket) => socket.destroy());
  signal(await syncline.pidsOf('nats-server'), 'SIGKILL');
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        occupant.once('error', () => resolve(false));
        occupant.listen(nats, '127.0.0.1', () => resolve(true));
      }),
    5_000,
    'the port of nats-server is ours',
  );
  return async () => {
    occupant.close();
    await once(occupant, 'close');
  };
};

/** Lets nats-server keep its connections and answer nobody. */
const hangs = async (): Promise<() => Promise<void>> => {
  const pids = await syncline.pidsOf('nats-server');
  signal(pids, 'SIGSTOP');
  return () => {
    signal(pids, 'SIGCONT');
    return Promise.resolve();
  };
};

beforeAll(async () => {
  fleet = await cloneFleet();
  await declare(fleet, { name: tide, on: {} });
  await declare(fleet, { name: toll, mode: 'approval' });
  await declare(fleet, { name: tern });
  await fleet.write(
    `applications/${tern}.yaml`,
    declaration({ name: tern }).replace('  sync:\n', '  sync:\n    drift: heal\n'),
  );
  const sha = await fleet.push('Three applications by the sea');
  await syncline.arrived(tide, sha);
  await syncline.arrived(tern, sha);
});

const seed = seedOfRun();
const ways = [
  ['refuses connections', refuses],
  ['hangs', hangs],
] as const;
const drawn = isWholeRun ? ways : shuffled(ways, seed).slice(0, 1);
console.log(`nats-server that ${drawn.map(([how]) => how).join(', ')}, SYNCLINE_TEST_SEED=${seed}`);

describe.each(drawn)('a nats-server that %s for a while under changes', (how, goAway) => {
  it('loses nothing, and everything catches up; meanwhile each service says what it waits for', async () => {
    const plan = await planThatWaits();
    const from = await syncline.position();
    const comeBack = await goAway();
    const began = performance.now();
    let sha: string;
    // In a short absence it may be answered after it.
    const approving = syncline.cli('approve', plan);
    try {
      sha = await replicate();
      await editByHand();
      const isSaid = async (): Promise<boolean> => {
        const said = await Promise.all(services.map(waitsFor));
        return said.every((one) => /log|nats/i.test(one));
      };
      if (how !== 'hangs' || isWholeRun)
        await eventually(isSaid, untilNoticedMs, 'every service says what it waits for');
      await sleep(Math.max(0, awayMs - (performance.now() - began)));
    } finally {
      await comeBack();
    }
    const { code, stderr } = await approving;
    if (isWholeRun) expect(code).not.toBe(0);
    if (code !== 0) expect(stderr).toMatch(/log|nats|does not answer/i);
    console.log(`nats-server was away for ${Math.round((performance.now() - began) / 1000)} s`);
    await eventually(
      async () => (await Promise.all(services.map(isReady))).every(Boolean),
      90_000,
      'every service is ready again',
    );
    await syncline.arrived(tide, sha, '120s');
    for (const cluster of clusters)
      expect(replicasOf(await (await liveCluster(cluster)).find(deploymentPath(tide, tide)))).toBe(replicas);
    const isOf = (name: string) => (event: { subject: string }) => event.subject.endsWith(`.${name}`);
    await syncline.untilEvent(from, 'DriftHealed', isOf(tern), 120_000);
    expect(await imageOf()).toBe(`registry.example.com/${tern}:1`);
    const approved = async () =>
      (await syncline.events(from, '&type=PlanApproved')).filter(isOf(toll)).length;
    expect(await approved()).toBe(code === 0 ? 1 : 0);
    if (code !== 0) await syncline.run('approve', await planThatWaits());
    expect(await approved()).toBe(1);
    await syncline.untilEvent(from, 'ApplySucceeded', isOf(toll));
    const events = await syncline.events(from);
    const counted = (type: string, name: string, revision?: string) =>
      events.filter(
        (event) =>
          event.type === type &&
          isOf(name)(event) &&
          (revision === undefined || event.data.revision === revision),
      ).length;
    expect(counted('RevisionDetected', 'fleet', sha)).toBe(1);
    expect(counted('RolloutCompleted', tide, sha)).toBe(1);
    expect(counted('ApplySucceeded', tide, sha)).toBe(clusters.length);
    expect([counted('DriftDetected', tern), counted('DriftHealed', tern)]).toEqual([1, 1]);
    // The next round needs a plan that waits.
    await fleet.git('pull', '--quiet', '--rebase');
    await fleet.write(`apps/${toll}/web.yaml`, deployment(toll, 1 + (replicas % 3) + 1));
    await fleet.push('Another toll');
    await eventually(async () => (await planThatWaits()) !== plan, 60_000, 'another plan waits');
  }, 480_000);
});
