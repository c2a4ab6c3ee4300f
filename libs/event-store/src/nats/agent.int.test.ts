import { setTimeout as delay } from 'node:timers/promises';

import { subjects, type FleetEvent, type LinkEvent } from '@syncline/events';
import type { Aggregate, StoredEvent } from '@syncline/kernel';
import { addReaction, eventually, listen, startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { liveConsumer } from '../accounts/subjects-of.js';
import { because, notes } from '../contract/notes.js';
import { impatient } from '../contract/worlds.js';
import type { Agent, Hub } from '../hub.js';
import { openConnection } from './connection.js';

let log: TestLog;
let api: Hub;
let planner: Hub;
beforeAll(async () => {
  log = await startLog();
  api = await log.hub('api');
  planner = await log.hub('planner');
});
afterAll(() => log.stop());

const served = new Set<string>();
let count = 0;
/** A cluster of the test's own, assigned to the applier beside the hub. */
const freshCluster = async (): Promise<string> => {
  const cluster = `cluster.${(count += 1)}`;
  served.add(cluster);
  await api.servedClusters.assign('hub', [...served]);
  return cluster;
};
const connected = async (handler: (event: StoredEvent, agent: Agent) => Promise<void>): Promise<Agent> => {
  const agent = await log.agent('hub', { patience: impatient });
  onTestFinished(() => agent.close());
  const types = ['ClusterRegistered', 'ClusterRelabelled'];
  addReaction(agent.strategy, { name: 'work', subjects: [], types }, (event) => handler(event, agent));
  await listen(agent.strategy);
  return agent;
};
const link: Aggregate<number, LinkEvent, LinkEvent> = {
  name: 'test-link',
  version: 1,
  decider: { initial: 0, decide: (_, event) => [event], evolve: (count) => count + 1 },
};
const fleet: Aggregate<number, FleetEvent, FleetEvent> = {
  name: 'test-fleet',
  version: 1,
  decider: { initial: 0, decide: (_, event) => [event], evolve: (count) => count + 1 },
};
/** The subjects of these clusters that an applier reacts to, in their order. What earlier tests left of others may come again. */
const subjectsSeen = async (...clusters: readonly string[]): Promise<{ seen: string[]; agent: Agent }> => {
  const seen: string[] = [];
  const own = new Set(clusters.map((cluster) => subjects.plan(cluster, 'p', 'a')));
  const agent = await connected(({ subject }) => {
    if (own.has(subject)) seen.push(subject);
    return Promise.resolve();
  });
  return { seen, agent };
};
const relabel = (cluster: string, text: string) =>
  planner.aggregates.decide(notes, subjects.plan(cluster, 'p', 'a'), { texts: [text] }, because());

describe('an applier', () => {
  test('reacts to a cluster that is assigned while it runs, and its answer reaches the hub', async () => {
    await connected(async (event, agent) => {
      if (event.type !== 'ClusterRegistered') return;
      const { cluster } = event.data as { cluster: string };
      const data = { cluster, kubernetesVersion: '1.36.3' };
      const reaction = { subject: event.subject, position: event.position };
      const cause = because({ actor: 'service:applier', reaction });
      await agent.aggregates.decide(link, subjects.link(cluster), { type: 'ClusterConnected', data }, cause);
    });
    const seen: StoredEvent[] = [];
    const hub = await log.hub('planner');
    onTestFinished(() => hub.close());
    const reaction = { name: 'links', subjects: ['ev.cluster.*.link'], types: ['ClusterConnected'] };
    addReaction(hub.strategy, reaction, (event) => {
      seen.push(event);
      return Promise.resolve();
    });
    await listen(hub.strategy);

    const cluster = await freshCluster();
    const data = { cluster, labels: {}, applier: 'hub', recipient: 'age1' };
    const registered = await api.aggregates.decide(
      fleet,
      subjects.fleet(cluster),
      { type: 'ClusterRegistered', data },
      because({ correlationId: 'one-change' }),
    );
    await eventually(() => seen.length > 0, 10_000, 'the hub sees the answer');
    expect(seen[0]).toMatchObject({
      subject: subjects.link(cluster),
      correlationId: 'change-1',
      causationSubject: subjects.fleet(cluster),
      causationId: `${registered.position.sequence}.0`,
      source: '/syncline/applier/hub',
    });
  });

  test('folds the history of its subjects after a restart, whatever lies between', async () => {
    const cluster = await freshCluster();
    const agent = await connected(() => Promise.resolve());
    const [mine, other] = [subjects.plan(cluster, 'p', 'a'), subjects.plan(cluster, 'p', 'b')];
    await eventually(() => agent.aggregates.load(notes, mine), 5_000, 'the rights');
    for (let turn = 0; turn < 30; turn += 1) {
      for (const subject of [mine, other])
        await planner.aggregates.decide(notes, subject, { texts: [`${subject} ${turn}`] }, because());
    }
    const again = await log.agent();
    onTestFinished(() => again.close());
    const loads = await Promise.all([mine, other, mine].map((one) => again.aggregates.load(notes, one)));
    expect(loads.map(({ state }) => state.length)).toEqual([30, 30, 30]);
    expect(loads[0]?.state.at(-1)).toBe(`${mine} 29`);
    expect(await again.log.subjects(`ev.plan.${cluster.replace('.', '%2E')}.>`)).toEqual([mine, other]);
    expect(await agent.log.read(mine)).toHaveLength(30);
  });

  test('reads the history of a cluster once at its start, however many subjects it folds', async () => {
    const cluster = await freshCluster();
    const all = Array.from({ length: 40 }, (_, at) => subjects.plan(cluster, 'p', `a${at}`));
    for (let turn = 0; turn < 5; turn += 1)
      await Promise.all(
        all.map((one) => planner.aggregates.decide(notes, one, { texts: [`${turn}`] }, because())),
      );
    const swept: [string, number][] = [];
    const agent = await log.agent('hub', {
      meter: { historyRead: (one, messages) => void swept.push([one, messages]) },
    });
    onTestFinished(() => agent.close());
    const loads = await Promise.all(all.slice(0, 30).map((subject) => agent.aggregates.load(notes, subject)));
    for (const subject of all.slice(30)) loads.push(await agent.aggregates.load(notes, subject));
    expect(loads.map(({ state }) => state)).toEqual(all.map(() => ['0', '1', '2', '3', '4']));
    expect(swept).toEqual([[cluster, 200]]);
  });

  test('parks a subject and goes on with it when it is told to', async () => {
    const cluster = await freshCluster();
    let isBroken = true;
    const seen: string[] = [];
    await connected((event) => {
      if (event.subject !== subjects.plan(cluster, 'p', 'a')) return Promise.resolve();
      if (isBroken) return Promise.reject(new Error('cannot digest'));
      seen.push((event.data as { labels: { text: string } }).labels.text);
      return Promise.resolve();
    });
    await relabel(cluster, '1');
    const parked = async () => (await planner.log.read(subjects.clusterService(cluster))).length;
    await eventually(async () => (await parked()) === 1, 10_000, 'it is parked');
    await relabel(cluster, '2');
    const payload = { reaction: cluster, subject: subjects.plan(cluster, 'p', 'a') };
    const resume = () =>
      api.clusterCalls.call(cluster, 'resume', { payload, context: { actor: 'person:1' } });
    await expect(resume()).rejects.toMatchObject({ code: 'still-failing' });
    isBroken = false;
    await expect(resume()).resolves.toMatchObject({ position: {} });
    expect(seen).toEqual(['1', '2']);
  });

  test('no longer serves a cluster that was taken from it', async () => {
    const [kept, taken] = [await freshCluster(), await freshCluster()];
    const { seen, agent } = await subjectsSeen(kept, taken);
    await relabel(taken, 'before');
    await eventually(() => seen.length > 0, 10_000, 'it is served');
    served.delete(taken);
    await api.servedClusters.assign('hub', [...served]);
    // The server takes a moment to take the rights away; what comes after that is not seen.
    const isUnseen = async (): Promise<boolean> => {
      const before = seen.length;
      await relabel(taken, 'after');
      await delay(300);
      return seen.length === before;
    };
    await eventually(isUnseen, 20_000, 'it is served no more');
    await relabel(kept, 'after');
    await eventually(() => seen.includes(subjects.plan(kept, 'p', 'a')), 10_000, 'the other one');
    expect(seen.at(-1)).toBe(subjects.plan(kept, 'p', 'a'));
    await expect(
      log.agent().then((other) => other.log.read(subjects.plan(taken, 'p', 'a'))),
    ).rejects.toBeDefined();
    const blob = agent.blobs.put(`cluster.${taken.replace('.', '%2E')}`, new Uint8Array([1]), 'a/b');
    await expect(blob).rejects.toBeDefined();
  });

  test('hears nothing once its last cluster was taken from it', async () => {
    const other = await startLog({ appliers: ['edge'] });
    onTestFinished(() => other.stop());
    const [hub, planner] = [await other.hub('api'), await other.hub('planner')];
    await hub.servedClusters.assign('edge', ['only']);
    await hub.servedClusters.assign('edge', []);
    await planner.aggregates.decide(notes, subjects.plan('only', 'p', 'a'), { texts: ['x'] }, because());
    const credentials = other.installation.credentials['applier-edge'] ?? '';
    const nc = await openConnection({ servers: other.url, credentials, name: 'test' });
    onTestFinished(() => nc.close());
    const live = liveConsumer(other.installation.provisioner.appliers.edge ?? '');
    const next = JSON.stringify({ batch: 1, no_wait: true });
    const answer = await nc.request(`$JS.API.CONSUMER.MSG.NEXT.EVENTS.${live}`, next, { timeout: 5_000 });
    expect(answer.headers?.code).toBe(404);
  });

  test('keeps its rights over a restart of the server', async () => {
    const cluster = await freshCluster();
    const { seen } = await subjectsSeen(cluster);
    await relabel(cluster, 'before');
    await eventually(() => seen.length > 0, 10_000, 'it is served');
    await log.restart();
    const before = seen.length;
    await eventually(() => relabel(cluster, 'after'), 10_000, 'the server is back');
    await eventually(() => seen.length > before, 10_000, 'it is served again');
  });
});
