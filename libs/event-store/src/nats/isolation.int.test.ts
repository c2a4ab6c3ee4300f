import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { subjects } from '@syncline/events';
import { eventually, startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { liveConsumer } from '../accounts/subjects-of.js';
import { because, notes } from '../contract/notes.js';
import type { Agent, Hub } from '../hub.js';
import { openConnection } from './connection.js';

let log: TestLog;
const hubs = {} as Record<'git-watcher' | 'planner' | 'api', Hub>;
let agent: Agent;
const raw: NatsConnection[] = [];
let attacker: NatsConnection;
const rawAs = async (user: string): Promise<NatsConnection> => {
  const credentials = log.installation.credentials[user] ?? '';
  const nc = await openConnection({ servers: log.url, credentials, name: 'attacker' });
  raw.push(nc);
  return nc;
};

beforeAll(async () => {
  log = await startLog({ appliers: ['mine', 'other'] });
  for (const service of ['git-watcher', 'planner', 'api'] as const) hubs[service] = await log.hub(service);
  await hubs.api.servedClusters.assign('mine', ['c1']);
  await hubs.api.servedClusters.assign('other', ['c2']);
  agent = await log.agent('mine');
  attacker = await rawAs('applier-mine');
});
afterAll(async () => {
  await Promise.all(raw.map((nc) => nc.close()));
  await log.stop();
});

const note = (on: Hub | Agent, subject: string) =>
  on.aggregates.decide(notes, subject, { texts: ['x'] }, because());
const isEmpty = async (subject: string) => (await hubs.api.log.read(subject)).length === 0;

describe('an applier', () => {
  test('writes on the subjects of its clusters', async () => {
    await eventually(() => note(agent, subjects.link('c1')), 5_000, 'its own subject');
  });

  test.each([
    ['another cluster’s link', subjects.link('c2')],
    ['another cluster’s target', subjects.target('c2', 'p', 'a')],
    ['its own plans', subjects.plan('c1', 'p', 'a')],
    ['its own registration', subjects.fleet('c1')],
    ['an application', subjects.application('p', 'a')],
    ['a repository', subjects.repository('r')],
    ['a token', subjects.access('somebody')],
  ])('cannot write on %s', async (_, subject) => {
    await expect(jetstream(attacker).publish(subject, '[]', { timeout: 500 })).rejects.toBeDefined();
    attacker.publish(subject, '[]', { reply: 'ev.cluster.c1.link' });
    attacker.publish('ev.cluster.c1.link', '[]', { reply: subject });
    await attacker.flush();
    expect(await isEmpty(subject)).toBe(true);
  });

  test.each([
    'STREAM.INFO.EVENTS', 'STREAM.UPDATE.EVENTS', 'STREAM.DELETE.EVENTS', 'STREAM.PURGE.EVENTS', 'STREAM.MSG.DELETE.EVENTS',
    'STREAM.MSG.GET.EVENTS', 'STREAM.NAMES', 'CONSUMER.CREATE.EVENTS', 'CONSUMER.DELETE.EVENTS.<mine>', 'CONSUMER.INFO.EVENTS.<other>',
    'CONSUMER.MSG.NEXT.EVENTS.<other>', 'CONSUMER.MSG.NEXT.EVENTS.history-c2', 'CONSUMER.RESET.EVENTS.<other>',
    'DIRECT.GET.EVENTS', 'DIRECT.GET.EVENTS.ev.cluster.c2.link',
    'DIRECT.GET.EVENTS.ev.plan.c2.p.a', 'DIRECT.GET.BLOBS', 'DIRECT.GET.KV_people', 'DIRECT.GET.KV_people.$KV.people.x',
    'DIRECT.GET.KV_served.$KV.served.other',
  ])('gets nothing from $JS.API.%s', async (call) => {
    const { appliers } = log.installation.provisioner;
    const api = call.replace(/<(\w+)>/, (_, applier: string) => liveConsumer(appliers[applier] ?? ''));
    const refusal = await attacker.request(`$JS.API.${api}`, '{}', { timeout: 500 }).then(
      (answer) => answer.json<{ error?: { description: string } }>().error?.description,
      (error: unknown) => (error as Error).message,
    );
    expect(refusal).toMatch(/no responders|timeout|not enabled for account/);
  }); // prettier-ignore

  test('cannot read another cluster’s blobs, nor the hub’s', async () => {
    for (const owner of ['cluster.c2', 'hub'] as const) {
      const { digest } = await hubs.planner.blobs.put(
        owner,
        new TextEncoder().encode('secret'),
        'text/plain',
      );
      await expect(agent.blobs.get(owner, digest)).rejects.toMatchObject({ code: 'log-unreachable' });
    }
    const { digest } = await hubs.planner.blobs.put(
      'cluster.c1',
      new TextEncoder().encode('mine'),
      'text/plain',
    );
    expect(new TextDecoder().decode(await agent.blobs.get('cluster.c1', digest))).toBe('mine');
  });

  test('hears nothing of others', async () => {
    const heard: string[] = [];
    for (const subject of ['>', 'ev.>', 'rpcs.cluster.c2.>', 'cmd.>', 'live.>'])
      attacker.subscribe(subject, { callback: (_, message) => void heard.push(message.subject) });
    await attacker.flush();
    await expect(hubs.planner.clusterCalls.call('c2', 'diff', {}, { timeoutMs: 300 })).rejects.toBeDefined();
    await note(hubs.planner, subjects.plan('c2', 'p', 'heard'));
    await hubs.api.commands.send('planner', 'x', {}, { actor: 'a' }).catch(() => undefined);
    await attacker.flush();
    expect(heard.filter((subject) => !subject.startsWith('_INBOX.'))).toEqual([]);
  });
});

describe('a hub service', () => {
  test.each([
    ['git-watcher', subjects.repository('r')],
    ['planner', subjects.application('p', 'a')],
    ['planner', subjects.plan('c1', 'p', 'a')],
    ['planner', subjects.configuration('r')],
    ['api', subjects.fleet('c1')],
    ['api', subjects.access('a')],
  ] as const)('%s writes on %s', async (service, subject) => {
    await expect(note(hubs[service], subject)).resolves.toBeDefined();
  });

  test.each([
    ['git-watcher', subjects.configuration('forbidden')],
    ['git-watcher', subjects.plan('c1', 'p', 'forbidden')],
    ['planner', subjects.repository('forbidden')],
    ['planner', subjects.fleet('forbidden')],
    ['planner', subjects.link('forbidden')],
    ['planner', subjects.service('api')],
    ['api', subjects.plan('c1', 'p', 'forbidden')],
    ['api', subjects.target('c1', 'p', 'forbidden')],
  ] as const)('%s cannot write on %s, and is told so', async (service, subject) => {
    await expect(note(hubs[service], subject)).rejects.toMatchObject({
      code: 'log-forbidden',
      retryable: false,
    });
    expect(await isEmpty(subject)).toBe(true);
  });

  test.each(['git-watcher', 'planner', 'api'])('%s cannot change or cut a stream', async (service) => {
    const nc = await rawAs(service);
    for (const api of [
      'STREAM.UPDATE.EVENTS',
      'STREAM.DELETE.EVENTS',
      'STREAM.PURGE.BLOBS',
      'STREAM.MSG.DELETE.EVENTS',
    ])
      await expect(nc.request(`$JS.API.${api}`, '{}', { timeout: 500 })).rejects.toThrow(
        /Permissions Violation/,
      );
  });

  test('only api assigns clusters and asks for commands', async () => {
    await expect(hubs.planner.servedClusters.assign('mine', ['c1', 'c2'])).rejects.toMatchObject({
      code: 'log-forbidden',
    });
    await expect(
      hubs.planner.commands.send('git-watcher', 'register', {}, { actor: 'a' }),
    ).rejects.toMatchObject({ code: 'log-forbidden' });
  });
});
