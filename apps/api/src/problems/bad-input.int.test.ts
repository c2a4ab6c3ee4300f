import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { adminToken, ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.close();
  await api.postgres.stop();
});

const sealed = Buffer.from('age-encryption.org/v1\n-> X25519 planted').toString('base64');
const expectProblem = async (
  response: Response,
  statuses: readonly number[],
  what: string,
): Promise<string> => {
  const text = await response.text();
  expect(statuses, `${what}: ${response.status} ${text}`).toContain(response.status);
  expect(response.headers.get('content-type'), what).toContain('application/problem+json');
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(body).sort(), what).toEqual(['code', 'detail', 'status', 'title', 'type']);
  expect(body.status, what).toBe(response.status);
  expect(text.length, what).toBeLessThan(4_000);
  expect(text, what).not.toMatch(/\bat .+:\d+:\d+|node_modules|SELECT/);
  return String(body.code);
};

const writes = [
  'POST /v1/clusters', 'POST /v1/repositories', 'POST /v1/repositories/x/refresh', 'POST /v1/plans', 'POST /v1/plans/12345678/approvals',
  'POST /v1/applications/default/x/retry', 'POST /v1/tokens',
] as const; // prettier-ignore

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const hostile: Readonly<Record<string, string>> = {
  empty: '',
  'no JSON': '{',
  null: 'null',
  'a number': '1e999',
  'an array': '[]',
  'a text': '"x"',
  'deeply nested': nested(50_000),
  'a prototype': '{"__proto__":{"role":"admin"},"constructor":{"prototype":{}}}',
  'wrong types':
    '{"cluster":{},"name":[],"repository":7,"revision":null,"application":true,"decision":"maybe","role":"root","reason":{}}',
  'not UTF-8': '{"name":"\ud800"}',
  'NUL in a name':
    '{"cluster":"a\\u0000b","name":"a\\u0000b","role":"admin","repository":"a\\u0000","url":"x","application":"\\u0000","revision":"\\u0000"}',
  'SQL in a name': `{"cluster":"x'; DROP SCHEMA syncline CASCADE; --"}`,
  'a path in a name':
    '{"cluster":"../../etc/passwd","repository":"../x","url":"file:///etc/passwd","application":"../x"}',
};

describe('bad input', () => {
  it('of every kind to every write is answered with problem details', async () => {
    for (const route of writes) {
      const [method = '', path = ''] = route.split(' ');
      for (const [what, body] of Object.entries(hostile)) {
        const response = await api.request(method, path, { body });
        if (response.status === 201 && what === 'not UTF-8') continue;
        await expectProblem(response, [400, 404, 422, 503], `${route} with ${what}`);
      }
    }
  });

  it('that is too large, or of another kind than JSON, is refused', async () => {
    const large = await api.request('POST', '/v1/clusters', {
      body: `{"cluster":"${'x'.repeat(9 * 1024 * 1024)}"}`,
    });
    expect(await expectProblem(large, [413], 'large')).toBe('body-too-large');
    const xml = await api.request('POST', '/v1/clusters', {
      body: '<x/>',
      headers: { 'content-type': 'application/xml' },
    });
    expect(await expectProblem(xml, [415], 'xml')).toBe('media-type-unsupported');
  });

  it('in paths is refused or not found', async () => {
    const paths = ['/v1/plans/zz', '/v1/plans/%00', '/v1/plans/12345678', '/v1/clusters/%00', '/v1/clusters/..%2f..%2fetc', '/v1/clusters/x%27--',
      '/v1/applications/default/%F0%9F%92%A3', '/v1/applications/__proto__/constructor', '/v1/applications/default/x/revisions/HEAD',
      '/v1/applications/default/x/history?limit=-1', '/v1/plans?state=Nonsense', '/v1/%', `/v1/clusters/${'x'.repeat(5_000)}`]; // prettier-ignore
    for (const path of paths) await expectProblem(await api.request('GET', path), [400, 404, 414, 422], path);
  });

  it('in an idempotency key is refused', async () => {
    const body = { name: 'x', role: 'viewer' };
    const long = await api.request('POST', '/v1/tokens', {
      body,
      headers: { 'idempotency-key': 'x'.repeat(300) },
    });
    expect(await expectProblem(long, [400], 'long key')).toBe('idempotency-key-malformed');
  });

  it('that breaks HTTP itself ends the connection and nothing else', async () => {
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write('BREW /pot HTCPCP/1.0\r\n\0\r\n\r\n');
    await ended;
    expect((await api.request('GET', '/v1/log')).status).toBe(200);
  });
});

describe('a credential', () => {
  it('that is not sealed is refused, and repeated nowhere', async () => {
    const planted = Buffer.from('kubeconfig-password-planted').toString('base64');
    for (const path of ['/v1/clusters', '/v1/repositories']) {
      const body = { cluster: 'prod', repository: 'prod', url: 'https://x', credential: planted };
      const response = await api.request('POST', path, { body });
      const text = await response.clone().text();
      expect(await expectProblem(response, [422], path)).toBe('credential-not-sealed');
      expect(text).not.toContain(planted);
    }
    expect(api.logged.join('\n')).not.toContain(planted);
  });

  it('that is sealed goes to its cluster and is never given back', async () => {
    const response = await api.request('POST', '/v1/clusters', {
      body: { cluster: 'prod-eu', labels: { tier: 'production' }, credential: sealed },
    });
    expect(response.status).toBe(201);
    expect(JSON.stringify(await api.get('/v1/clusters/prod-eu'))).not.toContain(sealed);
    const again = await api.request('POST', '/v1/clusters', {
      body: { cluster: 'prod-eu', labels: { tier: 'production' } },
    });
    expect(await again.json()).toEqual(await response.json());
  });

  it('of an applier that is not there is refused by name', async () => {
    const response = await api.request('POST', '/v1/clusters', {
      body: { cluster: 'edge', applier: 'nobody' },
      token: adminToken,
    });
    expect(await expectProblem(response, [422], 'applier')).toBe('applier-unavailable');
  });
});

describe('a service that does not answer', () => {
  it('is a problem that says so and when to try again', async () => {
    const response = await api.request('POST', '/v1/repositories', {
      body: { repository: 'fleet', url: 'https://git.example.com/x.git' },
    });
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await expectProblem(response, [503], 'git-watcher')).toBe('service-unavailable');
  });
});
