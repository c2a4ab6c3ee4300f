import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { subjects } from '@syncline/events';
import { eventually } from '@syncline/testkit';

import { adminToken, ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.close();
  await api.postgres.stop();
});

type Issued = { readonly id: string; readonly token: string; readonly position: string };
const issue = async (body: object, headers: Record<string, string> = {}): Promise<Issued> => {
  const response = await api.request('POST', '/v1/tokens', { body, headers });
  expect(response.status).toBe(201);
  return (await response.json()) as Issued;
};
const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { code: string }).code;
const openRoutes = ['GET /healthz', 'GET /readyz', 'GET /metrics'];
const pathOf = (route: string): [method: string, path: string] => {
  const [method = '', path = ''] = route.split(' ');
  return [method, path.replaceAll(/:\w+/g, 'x')];
};

describe('every route', () => {
  it('asks for a token, but those of health', async () => {
    expect(api.routes.length).toBeGreaterThan(25);
    for (const route of api.routes) {
      const [method, path] = pathOf(route);
      const response = await api.request(method, path, { token: null });
      await response.body?.cancel();
      expect([route, response.status === 401]).toEqual([route, !openRoutes.includes(route)]);
    }
  });

  it('is described in the OpenAPI document', async () => {
    const { paths } = (await (await api.request('GET', '/openapi.json')).json()) as {
      paths: Record<string, object>;
    };
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(described.sort()).toEqual([...api.routes].sort());
  });

  it('says who may not before it reads a body', async () => {
    const response = await api.request('POST', '/v1/clusters', { token: null, body: '{no json' });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it('is unknown only to those who have a token', async () => {
    expect((await api.request('GET', '/v1/nothing', { token: null })).status).toBe(401);
    expect((await api.request('GET', '/v1/nothing')).status).toBe(404);
  });
});

describe('a token', () => {
  it('lets its role do what it may, and no more', async () => {
    const viewer = await issue({ name: 'dashboard', role: 'viewer' });
    const operator = await issue({ name: 'ci', role: 'operator' });
    const write = { body: { cluster: 'prod-eu' } };
    expect((await api.request('GET', '/v1/log', { token: viewer.token })).status).toBe(200);
    expect((await api.request('GET', '/v1/tokens', { token: operator.token })).status).toBe(403);
    const denied = await api.request('POST', '/v1/clusters', { token: viewer.token, ...write });
    expect([denied.status, await codeOf(denied)]).toEqual([403, 'forbidden']);
  });

  it('is refused from the moment it is revoked', async () => {
    const { id, token } = await issue({ name: 'short', role: 'viewer' });
    expect((await api.request('GET', '/v1/log', { token })).status).toBe(200);
    expect((await api.request('DELETE', `/v1/tokens/${id}`)).status).toBe(200);
    expect((await api.request('GET', '/v1/log', { token })).status).toBe(401);
    expect((await api.request('DELETE', `/v1/tokens/${id}`)).status).toBe(200);
    expect(await codeOf(await api.request('DELETE', '/v1/tokens/none'))).toBe('token-unknown');
  });

  it('is refused when it has expired', async () => {
    const { token } = await issue({ name: 'old', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' });
    expect((await api.request('GET', '/v1/log', { token })).status).toBe(401);
  });

  it('is the same one again for the same idempotency key', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await issue({ name: 'again', role: 'viewer' }, headers);
    const second = await issue({ name: 'again', role: 'viewer' }, headers);
    expect(second).toEqual(first);
    const { items } = await api.get<{ items: { name: string }[] }>('/v1/tokens');
    expect(items.filter(({ name }) => name === 'again')).toHaveLength(1);
  });

  it('makes a person the actor, whose name and address stay outside the log', async () => {
    const person = { name: 'Ada Example', email: 'ada@example.com' };
    const { token } = await issue({ name: 'laptop', role: 'admin', person });
    const { id } = (await (
      await api.request('POST', '/v1/tokens', { token, body: { name: 'x', role: 'viewer' } })
    ).json()) as Issued;
    const entries = await Array.fromAsync(api.hub.log.scan({ subjects: ['ev.access.>'] }));
    const issuedByAda = entries
      .flatMap((one) => one.events)
      .find((one) => (one.data as { token?: string }).token === id);
    expect(issuedByAda?.actor).toMatch(/^person:[0-9a-f]{24};auth=token$/);
    const text = entries.map(({ message }) => new TextDecoder().decode(message.bytes)).join('');
    expect(text).not.toMatch(/Ada|ada@/);
    const { items } = await api.get<{ items: { person: object | null }[] }>('/v1/tokens');
    expect(items.map((one) => one.person)).toContainEqual(person);
  });

  it('stands nowhere in clear', async () => {
    const { token } = await issue({ name: 'planted', role: 'viewer' });
    const messages = await Array.fromAsync(api.hub.log.scan({}));
    const everywhere = [
      ...messages.map(({ message }) => new TextDecoder().decode(message.bytes)),
      await (await api.request('GET', '/v1/tokens')).text(),
      await (await api.request('GET', '/metrics')).text(),
      JSON.stringify(await api.get('/v1/events?limit=1000')),
      ...api.logged,
    ].join('\n');
    expect(everywhere).not.toContain(token);
    expect(everywhere).not.toContain(adminToken);
  });
});

describe('a denial', () => {
  it('of an identified actor is on the record once a minute per operation', async () => {
    const { id, token } = await issue({ name: 'curious', role: 'viewer' });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await api.request('GET', '/v1/tokens', { token })).status).toBe(403);
    }
    const denied = await eventually(
      async () => {
        const entries = await api.hub.log.read(subjects.access(`token:${id}`));
        const found = entries
          .flatMap(({ events }) => events)
          .filter((event) => event.type === 'AccessDenied');
        return found.length > 0 && found;
      },
      5_000,
      'the denial is recorded',
    );
    expect(denied.map(({ data }) => data)).toEqual([
      { operation: 'GET /v1/tokens', reason: 'the role viewer may not do what asks for admin', count: 1 },
    ]);
  });

  it('of anyone else is a number, and slows those who guess', async () => {
    const before = await api.hub.log.lastSequence();
    const statuses = new Set<number>();
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const { status } = await api.request('GET', '/v1/fleet', { token: `syncline_guess_number_${attempt}` });
      statuses.add(status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
    expect(await api.hub.log.lastSequence()).toBe(before);
    expect(await (await api.request('GET', '/metrics')).text()).toMatch(
      /syncline_api_unauthenticated_total\{reason="unknown"[^}]*\} \d+/,
    );
    expect((await api.request('GET', '/v1/log')).status).toBe(200);
  });
});

describe('the documentation', () => {
  it('opens in a browser with the token as password', async () => {
    const basic = `Basic ${Buffer.from(`me:${adminToken}`).toString('base64')}`;
    const page = await api.request('GET', '/docs', { token: null, headers: { authorization: basic } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('/v1/plans/{digest}/approvals');
    expect(
      (await api.request('GET', '/v1/fleet', { token: null, headers: { authorization: basic } })).status,
    ).toBe(401);
  });
});
