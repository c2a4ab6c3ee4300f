import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { Agent, Hub } from '@syncline/event-store';
import {
  eventually,
  startLog,
  startPostgresServer,
  type TestLog,
  type TestPostgres,
} from '@syncline/testkit';

import { ApiUnderTest } from './testing/api-under-test.js';

let log: TestLog;
let postgres: TestPostgres;
let hub: Hub;
let api: ApiUnderTest;
let agent: Agent;

beforeAll(async () => {
  [log, postgres] = await Promise.all([startLog(), startPostgresServer()]);
  hub = await log.hub('api');
  agent = await log.agent();
  api = await ApiUnderTest.over(hub, postgres);
});
afterAll(async () => {
  await api.close();
  await log.stop();
  await postgres.stop();
});

const sealed = Buffer.from('age-encryption.org/v1\n-> X25519 of a kubeconfig').toString('base64');

/** The list that the applier follows, once it is as expected. */
const served = async (expected: readonly string[]): Promise<void> => {
  const stop = AbortSignal.timeout(20_000);
  for await (const clusters of agent.servedClusters.watch('hub', stop)) {
    if (JSON.stringify(clusters) === JSON.stringify(expected)) return;
  }
  throw new Error(`the applier was not told to serve ${expected.join(', ')}`);
};

describe('the API over nats-server', () => {
  it('registers clusters: the applier may read their credential, is told of them, and the event follows', async () => {
    const bodies = ['staging', 'prod.eu'].map((cluster) => ({
      cluster,
      labels: { tier: cluster },
      credential: sealed,
    }));
    const responses = await Promise.all(bodies.map((body) => api.request('POST', '/v1/clusters', { body })));
    expect(responses.map(({ status }) => status)).toEqual([201, 201]);
    await served(['prod.eu', 'staging']);
    const { state } = await agent.aggregates.load(fleetAggregate, subjects.fleet('prod.eu'));
    if (state.status !== 'member') throw new Error('the applier does not see the registration');
    expect(state.registration).toMatchObject({ applier: 'hub', recipient: 'age1hub' });
    const bytes = await agent.blobs.get('cluster.prod%2Eeu', state.registration.credential!.digest);
    expect(Buffer.from(bytes).toString('base64')).toBe(sealed);
    const { items } = await api.get<{ items: { cluster: string; state: string }[] }>('/v1/clusters');
    expect(items.map(({ cluster, state: word }) => [cluster, word])).toEqual([
      ['prod.eu', 'Pending'],
      ['staging', 'Pending'],
    ]);
  });

  it('registers twice as once, and relabels without a new credential', async () => {
    const body = { cluster: 'staging', labels: { tier: 'staging' }, credential: sealed };
    await api.request('POST', '/v1/clusters', { body });
    const before = await hub.log.lastSequence();
    await api.request('POST', '/v1/clusters', { body });
    expect(await hub.log.lastSequence()).toBe(before);
    await api.request('POST', '/v1/clusters', { body: { cluster: 'staging', labels: { tier: 'test' } } });
    const entries = await hub.log.read(subjects.fleet('staging'));
    expect(entries.at(-1)?.events.map(({ type }) => type)).toEqual(['ClusterRelabelled']);
  });

  it('removes a cluster, and its applier is told', async () => {
    const removed = await api.request('DELETE', '/v1/clusters/staging');
    expect(removed.status).toBe(200);
    await served(['prod.eu']);
    const position = removed.headers.get('syncline-position') ?? '';
    expect((await api.request('GET', `/v1/clusters/staging?at-least=${position}`)).status).toBe(404);
    expect((await api.request('DELETE', '/v1/clusters/never')).status).toBe(404);
  });

  it('decides a write once for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'the same' };
    const body = { name: 'ci', role: 'operator' };
    const [first, second] = await Promise.all([
      api.request('POST', '/v1/tokens', { body, headers }),
      api.request('POST', '/v1/tokens', { body, headers }),
    ]);
    expect(await first.json()).toEqual(await second.json());
  });

  it('says that nats-server is away, and comes back with everything when it does', async () => {
    const before = await api.get('/v1/clusters');
    await log.kill();
    await eventually(
      async () =>
        JSON.stringify(await (await api.request('GET', '/readyz', { token: null })).json()).includes(
          'nats-server',
        ),
      20_000,
      'readiness says what is missing',
    );
    expect((await api.request('GET', '/v1/clusters')).status).toBe(200);
    await log.start();
    await eventually(
      async () => (await api.request('GET', '/readyz', { token: null })).status === 200,
      30_000,
      'ready again',
    );
    expect(
      (await api.request('POST', '/v1/tokens', { body: { name: 'after', role: 'viewer' } })).status,
    ).toBe(201);
    expect(await api.get('/v1/clusters')).toEqual(before);
    expect(await (await api.request('POST', '/v1/log/rebuild')).json()).toMatchObject({ equal: true });
  });

  it('lets somebody in again after a restart, with the tokens that the log holds', async () => {
    const { token } = (await (
      await api.request('POST', '/v1/tokens', { body: { name: 'kept', role: 'viewer' } })
    ).json()) as { token: string };
    await api.close();
    hub = await log.hub('api');
    api = await ApiUnderTest.over(hub, postgres);
    expect((await api.request('GET', '/v1/log', { token })).status).toBe(200);
    const issued = await hub.log.read((await hub.log.subjects('ev.access.*'))[0]!);
    expect(issued.flatMap(({ events }) => events).filter(({ type }) => type === 'TokenIssued')).toHaveLength(
      1,
    );
  });
});
