import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually, numbersFrom } from '@syncline/testkit';
import { startCluster, type ManagedProcess, type RunningCluster } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { FleetRepository } from './platform/fleet-repository.js';
import { startInstallation, untilHealthy, type Installation } from './platform/installation.js';
import { LiveCluster } from './platform/live-cluster.js';
import { liveRows } from './platform/views.js';
import { isWholeRun, seedOfRun } from './platform/sampled.js';
import { askAsOf, disagreement, underWay } from './witness/agrees.js';
import { restoredRows } from './witness/restored-views.js';
import { AuditTrail, ourAgent } from './witness/audit-trail.js';
import { explain, type Plan, type Testimony, type Verdict } from './witness/explained.js';
import { FleetLife } from './witness/fleet-life.js';

const exampleTargets = 3;
const minutes = isWholeRun ? 60 : 10;
const questions = 200;
const seed = seedOfRun();
console.log(`${minutes} minutes of fleet life, SYNCLINE_TEST_SEED=${seed}`);

let folder: string;
let cluster: RunningCluster | undefined;
let supervisor: ManagedProcess | undefined;
let syncline: Installation;
let life: FleetLife;
let trail: AuditTrail;
let said: Testimony;
let verdict: Verdict;

/** What the product says of it all, asked as anybody may. */
const testimony = async (): Promise<Testimony> => {
  const events = (await syncline.events('0.0')) as Testimony['events'];
  const digests = new Set(
    events.filter(({ type }) => type === 'ApplyStarted').map(({ data }) => data.plan as string),
  );
  const plans = new Map<string, Plan>();
  for (const digest of digests)
    plans.set(digest, (await syncline.api('GET', `/v1/plans/${digest}`)).body as Plan);
  return { events, plans, gaps: life.gaps };
};

/** An audit log that Syncline is not given, of a cluster of the test's own. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-witness-'));
  cluster = await startCluster({
    name: 'witness',
    dir: join(folder, 'cluster'),
    auditLog: join(folder, 'audit.log'),
    auditLevel: 'RequestResponse',
  });
  const started = await startInstallation(
    join(folder, 'state'),
    ...['--kubeconfig', cluster.kubeconfigFile, '--context', 'witness', '--label', 'env=staging'],
  );
  ({ installation: syncline, process: supervisor } = started);
  await untilHealthy(syncline, supervisor, exampleTargets, 300_000);
  const url = await eventually(
    async () => /http:\/\/\S+\.git/.exec(await started.said())?.[0],
    10_000,
    'the clone address on the screen',
  );
  const fleet = await FleetRepository.clone(url, folder);
  const live = await LiveCluster.at(cluster.kubeconfigFile, 'witness');
  life = new FleetLife({ syncline, fleet, cluster, live }, seed);
});

afterAll(async () => {
  await supervisor?.stop();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('an hour of fleet life, held against the audit log of the API server', () => {
  it('passes', async () => {
    try {
      await life.begin();
      for (let minute = 0; minute < minutes; minute += 1) await life.minute();
      await life.end();
    } finally {
      console.log(life.told.join('\n'));
    }
  }, 1_800_000);

  it('every write to what is managed is explained by the record', async () => {
    trail = await AuditTrail.read(join(folder, 'audit.log'));
    said = await testimony();
    verdict = explain(trail, said);
    const { unexplained, counts } = verdict;
    console.log('writes:', counts);
    expect(counts.ours).toBeGreaterThan(minutes);
    expect(counts.touching).toBeGreaterThan(0);
    expect(unexplained).toEqual([]);
  });

  it('a record that lacks a word is found out', () => {
    const without = (isLeftOut: (event: Testimony['events'][number]) => boolean) =>
      explain(trail, { ...said, events: said.events.filter((event) => !isLeftOut(event)) }).unexplained
        .length;
    const starts = said.events.filter(({ type }) => type === 'ApplyStarted');
    expect(without(({ type }) => type.startsWith('Drift'))).toBeGreaterThan(0);
    // The last apply wrote something: the last revision differs from what was before in every application.
    expect(without(({ position }) => position === starts.at(-1)!.position)).toBeGreaterThan(0);
  });

  it('what was is answered as the audit log has it, at 200 instants', async () => {
    const next = numbersFrom(seed + 1);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!;
    const ours = trail.objects.filter(
      (object) =>
        /^(deployments.apps|configmaps|services)\/(alpha|beta|gamma|storefront|recommendations)\//.test(
          object,
        ) && trail.of(object).some(({ userAgent }) => userAgent === ourAgent),
    );
    const [first, last] = [trail.writes[0]!, trail.writes.at(-1)!].map(({ answered }) =>
      Date.parse(answered),
    );
    const wrong: string[] = [];
    let between = 0;
    for (let question = 0; question < questions; question += 1) {
      const at = new Date(first! + next() * (last! - first!)).toISOString();
      const object = pick(ours);
      const answer = await askAsOf(syncline, object.split('/')[1]!, object, at);
      const difference = disagreement(answer, trail.at(object, at));
      if (difference === undefined) continue;
      const others = underWay(trail, object, at, verdict.toldAt);
      if (others.some((other) => disagreement(answer, other) === undefined)) between += 1;
      else wrong.push(`${at} ${object}: ${difference}; the record says ${JSON.stringify(answer)}`);
    }
    console.log(`${questions} questions, ${between} of them between a write and the word of it`);
    expect(wrong).toEqual([]);
    expect(between).toBeLessThan(questions / 10);
  });

  it('leaves views that are those of the log', async () => {
    expect(await syncline.run('log', 'rebuild')).toMatch(/equal row for row/);
  });

  it('leaves an archive out of which the same views come, row for row', async () => {
    const archive = join(folder, 'archive');
    await syncline.run('log', 'archive', '--to', archive);
    const { size, rows } = await restoredRows(archive);
    expect(size).toBeGreaterThan(said.events.length / 2);
    expect(rows).toEqual(await liveRows(syncline.state, size));
  });
});
