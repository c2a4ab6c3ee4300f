import { jetstreamManager } from '@nats-io/jetstream';
import { encodeToken, subjects } from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';
import { addReaction, eventually, listen, startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { clustersPerAccount, decodeShares } from '../accounts/shares.js';
import { because, notes } from '../contract/notes.js';
import type { Agent, Hub } from '../hub.js';
import { openConnection } from './connection.js';

const clusters = Array.from({ length: clustersPerAccount + 8 }, (_, at) => `edge.${at}`).sort();
const [first = '', last = ''] = [clusters[0], clusters.at(-1)];

let log: TestLog;
let api: Hub;
let planner: Hub;
beforeAll(async () => {
  log = await startLog();
  api = await log.hub('api');
  planner = await log.hub('planner');
  await api.servedClusters.assign('hub', clusters);
});
afterAll(() => log.stop());

const say = (cluster: string, text: string) =>
  planner.aggregates.decide(notes, subjects.plan(cluster, 'p', 'a'), { texts: [text] }, because());

/** An applier that serves, and what it has heard. */
const serving = async (): Promise<{ readonly agent: Agent; readonly heard: StoredEvent[] }> => {
  const agent = await log.agent();
  onTestFinished(() => agent.close());
  const heard: StoredEvent[] = [];
  addReaction(agent.strategy, { name: 'work', subjects: [], types: ['ClusterRelabelled'] }, (event) => {
    heard.push(event);
    return Promise.resolve();
  });
  await listen(agent.strategy);
  return { agent, heard };
};
const hears = (heard: readonly StoredEvent[], cluster: string, text: string) => {
  const isIt = ({ subject, data }: StoredEvent): boolean =>
    subject === subjects.plan(cluster, 'p', 'a') && JSON.stringify(data).includes(`"${text}"`);
  return eventually(() => heard.some(isIt), 20_000, `${cluster} hears ${text}`);
};

/** What the list of served clusters says, and how many consumers there are, as the bootstrap user sees them. */
const provisioned = async () => {
  const credentials = log.installation.credentials.bootstrap ?? '';
  const nc = await openConnection({ servers: log.url, credentials, name: 'test' });
  const jsm = await jetstreamManager(nc);
  const entry = await jsm.streams.getMessage('KV_served', { last_by_subj: '$KV.served.hub' });
  const { state } = await jsm.streams.info('EVENTS');
  await nc.close();
  return { shares: decodeShares(entry?.string() ?? ''), consumers: state.consumer_count };
};

describe('an applier of more clusters than an account takes', () => {
  test('serves all of them: hears, reads, writes, keeps blobs and answers', async () => {
    const { shares } = await provisioned();
    expect(shares.map((share) => share.clusters.length)).toEqual([clustersPerAccount, 8]);
    const { agent, heard } = await serving();
    for (const cluster of clusters) await say(cluster, 'one');
    await Promise.all(clusters.map((cluster) => hears(heard, cluster, 'one')));
    for (const cluster of [first, last]) {
      expect(await agent.log.read(subjects.plan(cluster, 'p', 'a'))).toHaveLength(1);
      await agent.aggregates.decide(notes, subjects.link(cluster), { texts: ['here'] }, because());
      expect(await planner.log.read(subjects.link(cluster))).toHaveLength(1);
      const blob = await agent.blobs.put(`cluster.${encodeToken(cluster)}`, Buffer.from(cluster), 'a/b');
      expect(
        Buffer.from(await agent.blobs.get(`cluster.${encodeToken(cluster)}`, blob.digest)).toString(),
      ).toBe(cluster);
      await agent.clusterAnswers.serve(cluster, 'name', () => Promise.resolve(cluster));
      expect(await planner.clusterCalls.call(cluster, 'name', {})).toBe(cluster);
    }
  });

  test('goes on with all of them after the server was started again', async () => {
    const { heard } = await serving();
    await log.restart();
    await eventually(() => say(first, 'back'), 20_000, 'the server is back');
    await say(last, 'back');
    await Promise.all([hears(heard, first, 'back'), hears(heard, last, 'back')]);
  });

  test('hears what was said before any of its reactions was at work, in the order in which it was said', async () => {
    const said = clusters.flatMap((cluster) => [`${cluster} early`, `${cluster} later`]);
    for (const cluster of clusters) await say(cluster, `${cluster} early`);
    for (const cluster of clusters) await say(cluster, `${cluster} later`);
    const { heard } = await serving();
    for (const cluster of clusters) await hears(heard, cluster, `${cluster} later`);
    const texts = heard.map(({ data }) => JSON.stringify(data));
    for (const text of said) expect(texts.some((one) => one.includes(`"${text}"`))).toBe(true);
    for (const cluster of clusters) {
      const of = texts.filter((text) => text.includes(`"${cluster} `));
      expect(of.findIndex((text) => text.includes('early'))).toBe(0);
    }
  });

  test('takes more while it runs, and neither moves nor repeats what is there, whoever assigns', async () => {
    const { heard } = await serving();
    const before = await provisioned();
    const restarted = await log.hub('api');
    onTestFinished(() => restarted.close());
    await Promise.all([
      restarted.servedClusters.assign('hub', [...clusters, 'edge.new']),
      restarted.servedClusters.assign('hub', [...clusters, 'edge.new', 'edge.newer']),
    ]);
    await api.servedClusters.assign('hub', [...clusters.slice(1), 'edge.new', 'edge.newer', 'edge.newest']);
    const after = await provisioned();
    expect(after.consumers).toBe(before.consumers + 3);
    expect(after.shares.map(({ access }) => access)).toEqual(before.shares.map(({ access }) => access));
    expect(after.shares[0]?.clusters).toEqual(
      [...clusters.slice(1, clustersPerAccount), 'edge.newest'].sort(),
    );
    expect(after.shares[1]?.clusters).toEqual(
      [...clusters.slice(clustersPerAccount), 'edge.new', 'edge.newer'].sort(),
    );
    for (const cluster of ['edge.new', 'edge.newest', last]) {
      await say(cluster, 'two');
      await hears(heard, cluster, 'two');
    }
  });
});
