import { setTimeout as delay } from 'node:timers/promises';

import { subjects } from '@syncline/events';
import { AdapterError, type LogEntry, type StoredEvent } from '@syncline/kernel';
import { addReaction, eventually, listen, startLog, type TestLog } from '@syncline/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { because, notes } from '../contract/notes.js';
import type { Hub } from '../hub.js';

const notesEach = 150;
const writers = ['a', 'b', 'c', 'd'];
const killsAtNotes = [100, 300];

let log: TestLog;
beforeEach(async () => {
  log = await startLog();
});
afterEach(() => log.stop());

/** Decides with a key, again while the log is away: what a client of the API does. */
const decideUntilDone = async (hub: Hub, subject: string, text: string): Promise<void> => {
  for (;;) {
    try {
      await hub.aggregates.decide(notes, subject, { texts: [text] }, because({ idempotencyKey: text }));
      return;
    } catch (error) {
      if (!(error instanceof AdapterError) || !error.retryable) throw error;
      await delay(20);
    }
  }
};

const textOf = (event: StoredEvent): string => (event.data as { labels: { text: string } }).labels.text;

test('a server that is killed under load loses nothing, repeats nothing, and reactions and followers go on', async () => {
  const [hub, api] = [await log.hub('planner'), await log.hub('api')];
  const copy = (writer: string): string => subjects.configuration(`copy-${writer}`);
  const reaction = { name: 'copies', subjects: ['ev.app.load.*'], types: ['ClusterRelabelled'] };
  addReaction(hub.strategy, reaction, async (event) => {
    const writer = event.subject.slice(-1);
    const cause = because({ reaction: { subject: event.subject, position: event.position } });
    await hub.aggregates.decide(notes, copy(writer), { texts: [textOf(event)] }, cause);
  });
  await listen(hub.strategy);

  const followed: LogEntry[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const entry of api.log.follow({}, stop.signal)) followed.push(entry);
  })();

  let written = 0;
  const wanted = Array.from({ length: notesEach }, (_, index) => `note-${index}`);
  const load = writers.map(async (writer) => {
    for (const text of wanted) {
      await decideUntilDone(hub, subjects.application('load', writer), text);
      written += 1;
    }
  });
  for (const at of killsAtNotes) {
    await eventually(() => written >= at, 60_000, `${at} notes`);
    await log.kill();
    await delay(300);
    await log.start();
  }
  await Promise.all(load);

  for (const writer of writers) {
    const copied = async () => (await hub.aggregates.load(notes, copy(writer))).state;
    await eventually(async () => (await copied()).length >= wanted.length, 60_000, `copies of ${writer}`);
    expect((await hub.aggregates.load(notes, subjects.application('load', writer))).state).toEqual(wanted);
    expect(await copied()).toEqual(wanted);
  }
  const last = await api.log.lastSequence();
  expect(last).toBe(2 * writers.length * notesEach);
  await eventually(() => followed.length >= last, 30_000, 'the follower has everything');
  stop.abort();
  await following;
  expect(followed.map((entry) => entry.message.sequence)).toEqual(
    Array.from({ length: last }, (_, index) => index + 1),
  );
});

test('an applier answers again after the server was killed, and a call that nobody takes is given up soon', async () => {
  const [planner, api] = [await log.hub('planner'), await log.hub('api')];
  await api.servedClusters.assign('hub', ['prod-eu']);
  const agent = await log.agent('hub');
  const silence = planner.clusterCalls.call('prod-eu', 'diff', {});
  await expect(silence).rejects.toMatchObject({ code: 'cluster-unreachable' });
  await agent.clusterAnswers.serve('prod-eu', 'diff', () => delay(2_500, 'late, but taken'));
  await expect(planner.clusterCalls.call('prod-eu', 'diff', {})).resolves.toBe('late, but taken');
  await log.kill();
  await log.restart();
  const answer = await eventually(
    () => planner.clusterCalls.call('prod-eu', 'diff', {}).catch(() => undefined),
    20_000,
    'an answer after the server was killed',
  );
  expect(answer).toBe('late, but taken');
});

test('a call over which its applier dies is given up soon, not at its deadline', async () => {
  const [planner, api] = [await log.hub('planner'), await log.hub('api')];
  await api.servedClusters.assign('hub', ['prod-eu']);
  const agent = await log.agent('hub');
  let isTaken = false;
  await agent.clusterAnswers.serve('prod-eu', 'diff', async () => {
    isTaken = true;
    await agent.close();
    return delay(60_000);
  });
  const began = Date.now();
  const call = planner.clusterCalls.call('prod-eu', 'diff', {}, { timeoutMs: 60_000 });
  await expect(call).rejects.toMatchObject({ code: 'cluster-unreachable' });
  expect(isTaken).toBe(true);
  expect(Date.now() - began).toBeLessThan(30_000);
});
