import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { applyTo, callsOf, readServer, type ApiServer, type Call } from '../contract/api-server.js';
import { configMap } from '../contract/objects.js';
import { startSandbox, type Sandbox } from '../start-sandbox.js';

const maps = '/api/v1/namespaces/default/configmaps';

type Line = {
  readonly type: string;
  readonly object: { readonly code?: number; readonly metadata: { name?: string; resourceVersion: string; annotations?: object } };
}; // prettier-ignore

let dir: string;
let sandbox: Sandbox;
let server: ApiServer;
let call: Call;

const restart = async (): Promise<void> => {
  await sandbox.stop();
  sandbox = await startSandbox({ dir, clusters: ['one'], port: sandbox.port });
};

const apply = (name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}) =>
  applyTo(call)(`${maps}/${name}`, 'one', configMap(name, data, { labels }));

const versionNow = async (): Promise<string> =>
  (await call('GET', maps)).body.metadata?.resourceVersion ?? '';

/** All that a watch of one second tells. */
const watched = async (
  query: string,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly Line[]> => {
  const options: RequestOptions = { ca: server.ca, headers: { authorization: `Bearer ${server.token}` } };
  const lines = await new Promise<string>((resolve, reject) => {
    const sent = get(`${server.url}${maps}?watch=true&timeoutSeconds=1&${query}`, options, (answer) => {
      meanwhile().then(() => text(answer)).then(resolve, reject);
    }); // prettier-ignore
    sent.on('error', reject);
  });
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
};

const told = (lines: readonly Line[]): readonly string[] =>
  lines.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-sandbox-'));
  sandbox = await startSandbox({ dir, clusters: ['one'] });
  server = await readServer(sandbox.clusters[0]?.kubeconfigFile ?? '');
  call = callsOf(server);
});

afterAll(async () => {
  await sandbox.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('a watch', () => {
  it('tells what changed since a version, and what changes then', async () => {
    const version = await versionNow();
    await apply('first');
    const lines = await watched(`resourceVersion=${version}`, async () => {
      await apply('first', {}, { a: '1' });
      await call('DELETE', `${maps}/first`);
    });
    expect(told(lines)).toEqual(['ADDED first', 'MODIFIED first', 'DELETED first']);
    const versions = lines.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });

  it('without a version begins with all that there is', async () => {
    await apply('there');
    expect(told(await watched(''))).toContain('ADDED there');
    const lines = await watched('sendInitialEvents=true&allowWatchBookmarks=true');
    expect(lines.at(-1)).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
  });

  it('takes an object that is not selected any more for deleted, and one that is now for new', async () => {
    await apply('moving', { side: 'left' });
    const version = await versionNow();
    const lines = watched(`labelSelector=side%3Dleft&resourceVersion=${version}`, async () => {
      await apply('moving', { side: 'right' });
      await apply('moving', { side: 'left' });
      await apply('elsewhere', { side: 'right' });
    });
    expect(told(await lines)).toEqual(['DELETED moving', 'ADDED moving']);
  });

  it('of one name tells of that object alone', async () => {
    const version = await versionNow();
    const lines = watched(`fieldSelector=metadata.name%3Done&resourceVersion=${version}`, async () => {
      await apply('two');
      await apply('one');
    });
    expect(told(await lines)).toEqual(['ADDED one']);
  });

  it('that reads nothing is cut off before it fills the memory', async () => {
    const options: RequestOptions = { ca: server.ca, headers: { authorization: `Bearer ${server.token}` } };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${server.url}${maps}?watch=true&fieldSelector=metadata.name%3Dlarge`, options, resolve).on(
        'error',
        reject,
      );
    });
    for (let index = 0; index < 24; index += 1)
      await apply('large', {}, { a: `${index}${'x'.repeat(900_000)}` });
    await expect(text(answer)).rejects.toThrow('aborted');
  }, 20_000);

  it('from a version that is forgotten ends with the error 410', async () => {
    const version = await versionNow();
    await apply('later');
    await restart();
    expect(await watched(`resourceVersion=${version}`)).toMatchObject([
      { type: 'ERROR', object: { code: 410 } },
    ]);
  });
});

describe('a watch that runs', () => {
  const secretsWatch = '/sandbox/cut-watches?resource=secrets';

  it('ends with the error 410 when past changes are forgotten, after what it was told', async () => {
    const version = await versionNow();
    const lines = await watched(`resourceVersion=${version}`, async () => {
      await apply('before');
      expect(await call('POST', '/sandbox/expire')).toMatchObject({ code: 200, body: { watches: 1 } });
      await apply('after');
    });
    expect(lines).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'before' } } },
      { type: 'ERROR', object: { code: 410 } },
    ]);
    expect(told(await watched(`resourceVersion=${version}`))).toEqual(['ERROR ']);
  });

  it('is cut where that is ordered, and not where another resource is meant', async () => {
    const version = await versionNow();
    const cut = watched(`resourceVersion=${version}`, async () => {
      expect(await call('POST', secretsWatch)).toMatchObject({ body: { watches: 0 } });
      expect(await call('POST', '/sandbox/cut-watches')).toMatchObject({ body: { watches: 1 } });
    });
    await expect(cut).rejects.toThrow('aborted');
  });

  it('is cut in the middle of a line by a fault that cuts answers', async () => {
    await call('PUT', '/sandbox/faults', [{ verb: 'watch', answer: 'cut-answer' }]);
    await expect(watched('')).rejects.toThrow('aborted');
    await call('PUT', '/sandbox/faults', []);
  });
});

describe('a list', () => {
  it('comes in pages that together are all', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await apply(`page-${name}`, { paged: 'yes' });
    const names: string[] = [];
    let next = '';
    let pages = 0;
    do {
      const { body } = await call('GET', `${maps}?labelSelector=paged&limit=2&continue=${next}`);
      names.push(...(body.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name));
      next = (body.metadata?.continue as string | undefined) ?? '';
      pages += 1;
    } while (next !== '');
    expect(names).toEqual(['page-a', 'page-b', 'page-c', 'page-d', 'page-e']);
    expect(pages).toBe(3);
  });

  it('whose continuation is forgotten is expired, and one that is made up is refused', async () => {
    const { body } = await call('GET', `${maps}?labelSelector=paged&limit=2`);
    await apply('page-f');
    await restart();
    const next = body.metadata?.continue as string;
    expect(await call('GET', `${maps}?limit=2&continue=${next}`)).toMatchObject({
      code: 410,
      body: { reason: 'Expired' },
    });
    expect((await call('GET', `${maps}?limit=2&continue=made-up`)).code).toBe(400);
  });
});

describe('a bad request', () => {
  it.each([
    ['POST', maps, 'text', 400],
    ['POST', maps, [], 400],
    ['POST', maps, { metadata: 5 }, 400],
    ['POST', maps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }, 400],
    ['POST', maps, { metadata: { namespace: 'elsewhere', name: 'x' } }, 400],
    ['GET', '/api/v1/namespaces/%E0%A4%A/configmaps', undefined, 400],
    ['GET', '/metrics', undefined, 404],
    ['PUT', maps, {}, 501],
  ])('%s %s of %j is answered with a Status', async (method, path, body, code) => {
    expect((await call(method, path, body)).code).toBe(code);
  });

  it.each(['constructor', 'text/plain', ''])('of the type "%s" is no patch', async (type) => {
    await apply('typed');
    expect((await call('PATCH', `${maps}/typed`, {}, type)).code).toBe(415);
  });

  it('that is too large is refused', async () => {
    const huge = configMap('huge', { a: 'x'.repeat(4 * 1024 * 1024) });
    expect((await call('POST', maps, huge)).code).toBe(413);
  });
});
