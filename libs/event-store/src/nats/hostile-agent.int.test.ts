import { createAccount, createUser, encodeAccount } from '@nats-io/jwt';
import { headers, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { subjects, type LinkEvent } from '@syncline/events';
import type { Aggregate, BlobOwner } from '@syncline/kernel';
import { eventually, startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { userCredentials } from '../accounts/claims.js';
import { createAgentKey, credentialsOf, type Agent, type Hub } from '../index.js';
import { liveConsumer } from '../accounts/subjects-of.js';
import { because, notes } from '../contract/notes.js';
import { connectAgent } from './connect-agent.js';
import { openConnection } from './connection.js';

const link: Aggregate<number, LinkEvent, LinkEvent> = {
  name: 'test-link',
  version: 1,
  decider: { initial: 0, decide: (_, event) => [event], evolve: (count) => count + 1 },
};
const said = (cluster: string): LinkEvent => ({
  type: 'ClusterConnected',
  data: { cluster, kubernetesVersion: 'v1' },
});
const applier = because({ actor: 'service:applier' });
const quick = { timeout: 300 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let log: TestLog;
let api: Hub;
let planner: Hub;
/** The victim: another cluster's agent, at work. */
let other: Agent;
/** One of each wall: whose account alone holds it, and an agent, whose user is held as well. */
const attackers = {} as Record<'account' | 'agent', NatsConnection>;
let agentCredentials = '';
const own = { account: 'c1', agent: 'c3' } as const;
/** The live consumers, of the attackers and of the victim. */
const live = { account: '', agent: '', victim: '' };
const opened: { close: () => Promise<void> }[] = [];
/** All that reached the hub's account while it was attacked, but what the hub's own services do. */
let heardByHub: string[] = [];

const admit = async (cluster: string): Promise<{ credentials: string; account: string }> => {
  const { userKey, seed } = createAgentKey();
  const { account, token } = await api.servedClusters.admit(`agent-${cluster}`, cluster, userKey);
  await api.servedClusters.assign(`agent-${cluster}`, [cluster], account);
  const credentials = credentialsOf({ cluster, server: log.url, token, seed, identity: '' });
  return { credentials, account };
};
const rawAs = async (credentials: string): Promise<NatsConnection> => {
  const nc = await openConnection({ servers: log.url, credentials, name: 'attacker' });
  opened.push(nc);
  return nc;
};
const ask = (nc: NatsConnection, subject: string, body = ''): Promise<Msg | undefined> =>
  nc.request(subject, body, quick).catch(() => undefined);

beforeAll(async () => {
  log = await startLog({ appliers: ['mine'] });
  [api, planner] = [await log.hub('api'), await log.hub('planner')];
  await api.servedClusters.assign('mine', ['c1']);
  const [victim, hostile] = [await admit('c2'), await admit('c3')];
  const options = { servers: log.url, applier: 'agent-c2', idKey: new Uint8Array(32) };
  other = await connectAgent({ ...options, credentials: victim.credentials });
  opened.push(other);
  agentCredentials = hostile.credentials;
  live.account = liveConsumer(log.installation.provisioner.appliers.mine ?? '');
  [live.agent, live.victim] = [liveConsumer(hostile.account), liveConsumer(victim.account)];
  attackers.account = await rawAs(log.installation.credentials['applier-mine'] ?? '');
  attackers.agent = await rawAs(hostile.credentials);
  const spy = await rawAs(log.installation.credentials.bootstrap ?? '');
  spy.subscribe('>', { callback: (_, message) => void heardByHub.push(message.subject) });
  await spy.flush();
  await other.aggregates.decide(link, subjects.link('c2'), said('c2'), applier);
  await planner.aggregates.decide(notes, subjects.plan('c2', 'p', 'a'), { texts: ['secret'] }, because());
  // What was written before the attacks is not to be heard late, for one of them.
  await spy.flush();
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close().catch(() => undefined)));
  await log.stop();
});

const foreignSubjects = () => [
  'ev.cluster.c2.link', 'ev.cluster.c2.target.p.a', 'ev.plan.c2.p.a', 'ev.fleet.c2', 'ev.repo.r', 'ev.app.p.a', 'ev.config.r',
  'ev.access.token:x', 'ev.service.api', 'ev.log', 'blob.hub.x', 'blob.cluster.c2.x', 'live.cluster.c2.here', 'live.x',
  'cmd.planner.approve', 'cmd.git-watcher.register', 'rpcs.cluster.c2.diff', 'rpcr.cluster.c2.x', '$KV.people.x',
  '$KV.snapshots.x', '$KV.served.mine', '$KV.served.agent-c2', `$JS.ACK.EVENTS.${live.victim}.1.1.1.1.1`, '$JS.ACK.EVENTS.planner-targets.1.1.1.1.1',
  '$JS.API.STREAM.DELETE.EVENTS', '$JS.API.STREAM.UPDATE.EVENTS', '$JS.API.STREAM.PURGE.EVENTS', `$JS.API.CONSUMER.DELETE.EVENTS.${live.victim}`,
  `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${live.victim}`, '$JS.API.CONSUMER.MSG.NEXT.EVENTS.history-c2',
  '$JS.API.CONSUMER.CREATE.EVENTS.spy', `$JS.API.CONSUMER.RESET.EVENTS.${live.victim}`, '$SYS.REQ.CLAIMS.UPDATE', '_INBOX.x', '_R_.x',
]; // prettier-ignore

describe.each(['account', 'agent'] as const)('a hostile %s', (kind) => {
  const mine = own[kind];
  const nc = () => attackers[kind];
  const ownSubject = `ev.cluster.${mine}.link`;

  test('reaches none of the hub’s subjects, not by its own publishes and not by the reply of any request that it may make', async () => {
    const before = await api.log.lastSequence();
    heardByHub = [];
    const foreign = foreignSubjects();
    const open = [
      `ev.cluster.${mine}.never`, `blob.cluster.${mine}.never`, `live.cluster.${mine}.x`, `rpcr.cluster.${mine}.x`,
      `$JS.API.DIRECT.GET.EVENTS.ev.cluster.${mine}.link`, `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${live[kind]}`,
      `$JS.API.CONSUMER.RESET.EVENTS.history-${mine}`, `$JS.ACK.EVENTS.${live[kind]}.1.1.1.1.1`,
    ]; // prettier-ignore
    for (const subject of foreign) {
      nc().publish(subject, '[]');
      for (const one of open) nc().publish(one, '[]', { reply: subject });
    }
    await nc().flush();
    await ask(attackers[kind], `$JS.API.DIRECT.GET.EVENTS.ev.cluster.${mine}.link`);
    const own = /^(?:ev|blob|live|rpcr)\.cluster\.|^\$JS\.|^_R_\.|^_INBOX\./;
    expect(heardByHub.filter((subject) => !own.test(subject))).toEqual([]);
    const victims = new RegExp(`\\.(?:c2|agent-c2|history-c2|${live.victim})(?:\\.|$)`);
    const reached = heardByHub.filter((subject) => victims.test(subject));
    expect(reached).toEqual([]);
    expect(await api.log.lastSequence()).toBeLessThanOrEqual(before + foreign.length);
    for (const subject of foreign.filter((one) => one.startsWith('ev.')))
      expect((await api.log.read(subject, before)).length, subject).toBe(0);
  });

  test.each([
    ['last_by_subj', { last_by_subj: 'ev.plan.c2.p.a' }],
    ['seq', { seq: 1 }],
    ['next_by_subj', { seq: 1, next_by_subj: '>' }],
    ['multi_last', { multi_last: ['>'], batch: 100 }],
    ['batch', { seq: 1, batch: 100, next_by_subj: 'ev.>' }],
  ])('reads nothing foreign by a body of %s in a read that it may make', async (_, body) => {
    const answer = await ask(nc(), `$JS.API.DIRECT.GET.EVENTS.ev.cluster.${mine}.link`, JSON.stringify(body));
    const subject = answer?.headers?.get('Nats-Subject') ?? '';
    expect(['', ownSubject]).toContain(subject);
    expect(answer?.string() ?? '').not.toContain('secret');
  });

  test.each([
    'ev.plan.*.p.a', 'ev.*.c2.p.a', '*', '>', 'ev.>', 'ev.cluster.>', `ev.cluster.${mine}.link ev.plan.c2.p.a`,
  ])('reads nothing foreign by the subject %s', async (subject) => {
    const answer = await ask(nc(), `$JS.API.DIRECT.GET.EVENTS.${subject}`);
    expect(answer?.string() ?? '').not.toContain('secret');
  }); // prettier-ignore

  test('has no streams, consumers or buckets of its own, and makes none in the hub', async () => {
    const create = {
      stream_name: 'EVENTS',
      config: { name: 'spy', filter_subject: '>', ack_policy: 'none' },
    };
    const calls: [string, object][] = [
      ['STREAM.CREATE.MINE', { name: 'MINE', subjects: ['x'] }], ['INFO', {}], ['CONSUMER.CREATE.EVENTS.spy', create],
      [`CONSUMER.CREATE.EVENTS.${live[kind]}`, { ...create, config: { ...create.config, name: live[kind] } }],
      [`CONSUMER.DURABLE.CREATE.EVENTS.${live[kind]}`, create], ['STREAM.SNAPSHOT.EVENTS', {}], ['META.LEADER.STEPDOWN', {}],
      ['STREAM.MSG.GET.EVENTS', { seq: 1 }], [`CONSUMER.INFO.EVENTS.${live[kind]}`, {}], ['ACCOUNT.PURGE.HUB', {}],
    ]; // prettier-ignore
    for (const [call, body] of calls) {
      const answer = await ask(nc(), `$JS.API.${call}`, JSON.stringify(body));
      const text = answer?.string() ?? '';
      expect(text === '' || /not enabled for account|error/.test(text), `${call}: ${text}`).toBe(true);
    }
  });

  test('learns nothing of the system, and changes no account', async () => {
    const heard: string[] = [];
    nc().subscribe('$SYS.>', {
      callback: (error, message) => {
        if (!error) heard.push(message.subject);
      },
    });
    const account = createAccount();
    const forged = await encodeAccount('mine', account, {}, { signer: account });
    for (const call of ['REQ.SERVER.PING', 'REQ.SERVER.PING.CONNZ', 'REQ.SERVER.PING.JSZ', 'REQ.ACCOUNT.PING.CONNZ', 'REQ.CLAIMS.LIST', 'REQ.CLAIMS.PACK', 'REQ.USER.INFO', `REQ.ACCOUNT.${log.installation.provisioner.hub}.CLAIMS.LOOKUP`]) {
      const text = (await ask(nc(), `$SYS.${call}`))?.string() ?? '';
      expect(text).not.toMatch(/planner|git-watcher|agent-c2/);
    } // prettier-ignore
    await ask(nc(), '$SYS.REQ.CLAIMS.UPDATE', forged);
    await ask(nc(), '$SYS.REQ.CLAIMS.DELETE', forged);
    const user = createUser();
    const credentials = await userCredentials('mine', user, account);
    await expect(openRaw(log.url, credentials)).rejects.toThrow(/authorization violation/i);
    expect(heard.filter((subject) => !subject.startsWith('$SYS.REQ.'))).toEqual([]);
  });

  test('neither hears nor answers what the hub asks of another', async () => {
    const heard: string[] = [];
    for (const subject of ['>', '*.cluster.>', 'rpcs.>', 'rpcs.cluster.c2.>', 'rpcr.>', '_R_.>'])
      nc().subscribe(subject, {
        queue: 'c2',
        callback: (error, message) => {
          if (error || message.subject.startsWith('_INBOX.')) return;
          heard.push(message.subject);
          message.respond('{"ok":"forged"}');
        },
      });
    await nc().flush();
    const stop = await other.clusterAnswers.serve('c2', 'diff', () => Promise.resolve('true'));
    for (let turn = 0; turn < 20; turn += 1)
      expect(await planner.clusterCalls.call('c2', 'diff', {}, { timeoutMs: 5_000 })).toBe('true');
    await stop();
    expect(heard).toEqual([]);
  });

  test('gets no blob of others, puts none, and replaces none', async () => {
    for (const owner of ['hub', 'cluster.c2'] as readonly BlobOwner[]) {
      const { digest } = await planner.blobs.put(owner, bytes('secret'), 'text/plain');
      for (const at of [`blob.${owner}.${digest}`, `blob.cluster.${mine}.${digest}`]) {
        const answer = await ask(nc(), `$JS.API.DIRECT.GET.BLOBS.${at}`);
        expect(answer?.string() ?? '').not.toContain('secret');
      }
      nc().publish(`blob.${owner}.${digest}`, 'forged');
    }
    const ours = await planner.blobs.put(`cluster.${mine}`, bytes('ours'), 'text/plain');
    const answer = await ask(nc(), `blob.cluster.${mine}.${ours.digest}`, 'forged');
    expect(answer?.string() ?? 'refused').toMatch(/refused|maximum messages per subject/);
    expect(await planner.blobs.get(`cluster.${mine}`, ours.digest)).toEqual(bytes('ours'));
  });

  test.each([
    ['Nats-Rollup', 'all'], ['Nats-TTL', '1s'], ['Nats-Schedule', '@at 2030-01-01T00:00:00Z'], ['Nats-Batch-Id', 'x'], ['Nats-Incr', '1'],
  ])('changes nothing in the log by the header %s', async (name, value) => {
    const before = await api.log.lastSequence();
    const head = headers();
    head.set(name, value);
    if (name === 'Nats-Schedule') head.set('Nats-Schedule-Target', 'ev.fleet.c2');
    if (name === 'Nats-Batch-Id') head.set('Nats-Batch-Sequence', '1');
    await nc().request(ownSubject, '[]', { ...quick, headers: head }).catch(() => undefined);
    expect((await api.log.read('ev.cluster.c2.link')).length).toBe(1);
    expect((await api.log.read('ev.fleet.c2')).length).toBe(0);
    expect(await api.log.lastSequence()).toBeLessThanOrEqual(before + 1);
  }); // prettier-ignore
});

describe('a hostile agent', () => {
  test('is not believed when it speaks on its own subject for another', async () => {
    const nc = attackers.agent;
    const event = (more: object, data: object = { cluster: 'c3', kubernetesVersion: 'v1' }) => ({
      ...{ specversion: '1.0', id: 'x', type: 'ClusterConnected', source: '/syncline/planner', time: '2026-01-01T00:00:00Z' },
      ...{ subject: 'ev.cluster.c3.link', dataschema: 'syncline:ClusterConnected:1', datacontenttype: 'application/json' },
      ...{ correlationid: 'c', actor: 'service:applier', data, ...more },
    }); // prettier-ignore
    const relabelled = { type: 'ClusterRelabelled', dataschema: 'syncline:ClusterRelabelled:1' };
    const forgeries = [
      event({ subject: 'ev.cluster.c2.link' }), event({ subject: 'ev.fleet.c2' }), event({ actor: 'person:admin' }),
      event({}, { cluster: 'c2', kubernetesVersion: 'v1' }), event(relabelled, { cluster: 'c3', labels: { tier: 'production' } }),
    ]; // prettier-ignore
    for (const forgery of forgeries) await nc.request('ev.cluster.c3.link', JSON.stringify([forgery]));
    const entries = await api.log.read('ev.cluster.c3.link');
    const believed = entries.filter(
      ({ message }) => message.bytes.length > 2 && !isUnreadable(entries, message),
    );
    expect(believed).toEqual([]);
  });

  test('has its connections, its subscriptions and the size of its messages bounded, and others go on', async () => {
    const connections = await Promise.allSettled(
      Array.from({ length: 12 }, () => openRaw(log.url, agentCredentials)),
    );
    const more = connections.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    opened.push(...more);
    expect(more.length).toBeLessThanOrEqual(4);
    const nc = attackers.agent;
    for (let at = 0; at < 500; at += 1) nc.subscribe(`_INBOX.many.${at}`, { callback: () => undefined });
    await nc.flush();
    const big = new Uint8Array(3 * 1024 * 1024);
    try {
      nc.publish('ev.cluster.c3.link', big);
    } catch {
      // The client knows the limit; a hostile one would be cut off by the server for it.
    }
    const decided = await planner.aggregates.decide(notes, subjects.plan('c1', 'p', 'b'), { texts: ['on'] }, because());
    expect(decided.events).toHaveLength(1);
  }, 20_000); // prettier-ignore

  test('is cut off when it is revoked, does not come back, and what it asked for is not answered', async () => {
    const { credentials, account } = await admit('c4');
    const nc = await rawAs(credentials);
    let isCut = false;
    void (async () => {
      for await (const { type } of nc.status()) isCut ||= type === 'disconnect';
    })();
    await api.servedClusters.revoke(account);
    await eventually(() => isCut, 5_000, 'the connection is cut');
    await expect(openRaw(log.url, credentials)).rejects.toBeDefined();
    await api.servedClusters.revoke(account);
    await log.restart();
    await expect(openRaw(log.url, credentials)).rejects.toBeDefined();
  }, 20_000);

  test('holds no seed but that of its own user, so that it makes no other', () => {
    expect(agentCredentials).toMatch(/SU[A-Z2-7]{56}/);
    expect(agentCredentials).not.toMatch(/S[AO][A-Z2-7]{56}/);
  });
});

const isUnreadable = (
  entries: Awaited<ReturnType<Hub['log']['read']>>,
  message: { readonly sequence: number },
): boolean =>
  entries.some((one) => one.message.sequence === message.sequence && one.unreadable !== undefined);

/** One attempt, without waiting for better times. */
const openRaw = (servers: string, credentials: string): Promise<NatsConnection> =>
  connect({
    servers,
    authenticator: credsAuthenticator(bytes(credentials)),
    reconnect: false,
    // The server looks for an account that it does not know for almost two seconds before it refuses.
    timeout: 5_000,
  });
