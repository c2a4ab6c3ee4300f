import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { sha256Hex } from '@syncline/kernel';
import { startOciRegistry, temporaryFolder, type OciRegistry } from '@syncline/testkit';
import { resolveBinary } from '@syncline/toolchain';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { readArchive } from './archive.js';
import { ArtifactError } from './artifact-error.js';
import { limits, type Limits } from './limits.js';
import { locateArtifact, type RegistryAccess } from './locate.js';

const run = promisify(execFile);
const forever = new AbortController().signal;
const chartType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let registry: OciRegistry;
let helm: string;
/** A server of files; what a test wants of a path comes first. */
const overrides = new Map<string, Answer>();
const asked: IncomingMessage[] = [];
let charts: { readonly url: string; readonly close: () => void };

const serveFiles = async (dir: string) => {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(request);
    const override = overrides.get(path);
    if (override) {
      override(request, response);
      return;
    }
    readFile(join(dir, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, close };
};

/** Packs a chart as people do. */
const packChart = async (version: string, size = 'small'): Promise<string> => {
  const chart = join(folder.path, 'sources', version, 'web');
  const files = {
    'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
    'templates/web.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { size: ${size} }\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(chart, path)), { recursive: true });
    await writeFile(join(chart, path), text);
  }
  await run(helm, ['package', chart, '--destination', join(folder.path, 'charts')]);
  return join(folder.path, 'charts', `web-${version}.tgz`);
};

beforeAll(async () => {
  folder = await temporaryFolder('artifacts');
  helm = (await resolveBinary('helm')).path;
  registry = await startOciRegistry();
  await mkdir(join(folder.path, 'charts'), { recursive: true });
  for (const version of ['1.0.0', '1.2.0', '2.0.0-rc.1']) {
    const archive = await packChart(version);
    const { username, password } = registry.user;
    const login = ['--plain-http', '--username', username, '--password', password];
    await run(helm, ['push', archive, `oci://${registry.host}/charts`, ...login]);
  }
  await run(helm, ['repo', 'index', join(folder.path, 'charts')]);
  charts = await serveFiles(join(folder.path, 'charts'));
});
afterEach(() => {
  overrides.clear();
  asked.length = 0;
});
afterAll(async () => {
  charts.close();
  await registry.stop();
  await folder.remove();
});

const plain: RegistryAccess = { plainHttp: true };
const inRepository = (version: string, name = 'web') => ({ url: charts.url, name, version });
const inRegistry = (version: string, repository = 'charts/web') => ({
  url: `oci://${registry.host}/${repository}`,
  version,
});
const asAda = (): RegistryAccess => ({ plainHttp: true, credential: registry.user });
const filesOf = async (bytes: Uint8Array): Promise<readonly string[]> =>
  (await readArchive(bytes)).map(({ path }) => path).sort();

/** Why it cannot be had. */
const refusal = async (
  reference: Parameters<typeof locateArtifact>[0],
  access: RegistryAccess = plain,
  more: Partial<Limits> = {},
): Promise<string> => {
  try {
    const located = await locateArtifact(reference, access, forever, { ...limits, ...more });
    await readArchive(await located.fetch());
  } catch (error) {
    if (error instanceof ArtifactError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('it was found');
};
const answering =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

describe('a chart of a Helm repository', () => {
  it('is the highest version in its range, by the digest of the index', async () => {
    const located = await locateArtifact(inRepository('^1.0.0'), plain, forever);
    const bytes = await located.fetch();
    expect(located).toMatchObject({ version: '1.2.0', digest: sha256Hex(bytes) });
    expect(await filesOf(bytes)).toEqual(['web/Chart.yaml', 'web/templates/web.yaml']);
    expect((await locateArtifact(inRepository('>=2.0.0-0'), plain, forever)).version).toBe('2.0.0-rc.1');
  });

  it('has the digest of its bytes where its entry changed under its version', async () => {
    const index = await readFile(join(folder.path, 'charts/index.yaml'), 'utf8');
    const other = index.replaceAll(/digest: [0-9a-f]{64}/g, `digest: ${'ab'.repeat(32)}`);
    overrides.set('/index.yaml', answering(200, other));
    expect((await locateArtifact(inRepository('1.2.0'), plain, forever)).digest).toBe('ab'.repeat(32));
    expect(await refusal(inRepository('1.2.0'))).toMatch(
      /^corrupt: web 1.2.0 of .* has another digest than its index says$/,
    );
  });

  it('is got from elsewhere without the credential where its address leads there', async () => {
    const elsewhere = await serveFiles(join(folder.path, 'charts'));
    try {
      overrides.set('/web-1.2.0.tgz', answering(302, '', { location: `${elsewhere.url}/web-1.2.0.tgz` }));
      const access = { plainHttp: true, credential: { username: 'ada', password: 'planted' } };
      expect(await refusal(inRepository('1.2.0'), access)).toMatch(
        /^refused: .* is reached without encryption/,
      );
      expect(asked[0]?.headers.authorization).toMatch(/^Basic /);
      expect(asked.every(({ headers }) => headers.host === new URL(charts.url).host)).toBe(true);
    } finally {
      elsewhere.close();
    }
  });

  it.each([
    ['is not there', 'gone: ', () => inRepository('^1.0.0', 'wbe')],
    ['has no such version', 'no-version: ', () => inRepository('^9.0.0')],
    ['is no address', 'refused: ', () => ({ ...inRepository('*'), url: 'nothing' })],
    ['holds a credential in its address', 'refused: ', () => ({ ...inRepository('*'), url: 'https://a:b@charts.example' })],
  ])('says that it %s', async (_, expected, reference) => {
    expect(await refusal(reference())).toMatch(new RegExp(`^${expected}`));
  }); // prettier-ignore

  it('is not asked for without encryption where that is not registered', async () => {
    expect(await refusal(inRepository('*'), {})).toMatch(/^refused: .* without encryption/);
    expect(asked).toHaveLength(0);
  });

  it.each([
    ['401', answering(401), /^refused: the index of .* may not be read \(HTTP 401\)$/],
    ['404', answering(404), /^gone: the index of .* is not there \(HTTP 404\)$/],
    ['500', answering(500), /^unreachable: the index of .* cannot be had \(HTTP 500\)$/],
    ['a page', answering(200, '<html>hello</html>'), /^corrupt: /],
    ['bad YAML', answering(200, 'entries: {a: [}'), /^corrupt: the index of .* cannot be read as YAML$/],
    ['aliases', answering(200, 'a: &a [1]\nentries: { web: *a }'), /^corrupt: /],
    ['too much', answering(200, Buffer.alloc(3_000_000)), /^too-large: .* answers with more than 1 MiB$/],
    ['too much, unsaid', (_: unknown, response: ServerResponse) => void response.write(Buffer.alloc(3_000_000)), /^too-large: /],
    ['nothing', () => undefined, /^slow: .* takes too long to answer$/],
    ['half of it', (_: unknown, response: ServerResponse) => void response.write('entries:'), /^slow: /],
    ['a cut', (request: IncomingMessage) => void request.socket.destroy(), /^unreachable: /],
    ['itself, again and again', answering(302, '', { location: '/index.yaml' }), /^unreachable: .* redirects without end$/],
  ] as const)('where its server answers with %s is had later', async (_, answer, expected) => {
    overrides.set('/index.yaml', answer);
    const bounds = { answerMs: 300, indexBytes: 1024 * 1024 };
    expect(await refusal(inRepository('*'), plain, bounds)).toMatch(expected);
  }); // prettier-ignore

  it('where nobody listens is had later', async () => {
    expect(await refusal({ ...inRepository('*'), url: 'http://127.0.0.1:1' })).toMatch(/^unreachable: /);
  });
});

describe('an artifact of an OCI registry', () => {
  it('is the highest tag in its range, by the digest of its manifest', async () => {
    const located = await locateArtifact(inRegistry('1.x'), asAda(), forever);
    expect(located.version).toBe('1.2.0');
    expect(await filesOf(await located.fetch())).toEqual(['web/Chart.yaml', 'web/templates/web.yaml']);
  });

  it('is one tag where no range is named, and another content under it has another digest', async () => {
    const layer = await readFile(join(folder.path, 'charts/web-1.0.0.tgz'));
    const first = await registry.push({ repository: 'moving', tag: 'latest', layer, mediaType: chartType });
    const look = () => locateArtifact(inRegistry('latest', 'moving'), asAda(), forever);
    expect(`sha256:${(await look()).digest ?? ''}`).toBe(first);
    const other = await readFile(join(folder.path, 'charts/web-1.2.0.tgz'));
    const second = await registry.push({
      repository: 'moving',
      tag: 'latest',
      layer: other,
      mediaType: chartType,
    });
    expect(`sha256:${(await look()).digest ?? ''}`).toBe(second);
    await registry.remove('moving', second);
    expect(await refusal(inRegistry('latest', 'moving'), asAda())).toMatch(
      /^gone: .*moving:latest is not there/,
    );
  });

  it.each([
    ['without a credential', 'refused: ', () => refusal(inRegistry('1.x'))],
    ['with a wrong one', 'refused: ', () => refusal(inRegistry('1.x'), { plainHttp: true, credential: { username: 'ada', password: 'wrong' } })],
    ['by a name that is not there', 'gone: ', () => refusal(inRegistry('1.x', 'charts/wbe'), asAda())],
    ['by a range that holds no tag', 'no-version: ', () => refusal(inRegistry('9.x'), asAda())],
    ['that holds an image', 'corrupt: ', async () => {
      await registry.push({ repository: 'image', tag: '1.0.0', layer: Buffer.from('x'), mediaType: 'application/x-other' });
      return refusal(inRegistry('1.0.0', 'image'), asAda());
    }],
    ['that is too large', 'too-large: ', () => refusal(inRegistry('1.x'), asAda(), { artifactBytes: 100 })],
  ])('is refused %s', async (_, expected, ask) => {
    const said = await ask();
    expect(said).toMatch(new RegExp(`^${expected}`));
    expect(said).not.toContain(registry.user.password);
  }); // prettier-ignore

  it('is read with a token where the registry asks for one, and the credential goes to nobody else', async () => {
    const digest = `sha256:${sha256Hex(Buffer.from('content'))}`;
    const manifest = JSON.stringify({ layers: [{ mediaType: chartType, digest, size: 7 }] });
    const challenge = `Bearer realm="${charts.url}/token",service="test",scope="repository:web:pull"`;
    const guarded =
      (body: string): Answer =>
      ({ headers }, response) =>
        headers.authorization === 'Bearer planted-token'
          ? response.end(body)
          : response.writeHead(401, { 'www-authenticate': challenge }).end();
    overrides.set('/v2/web/manifests/stable', guarded(manifest));
    overrides.set(`/v2/web/blobs/${digest}`, guarded('another content'));
    overrides.set('/token?service=test&scope=repository%3Aweb%3Apull', ({ headers }, response) => {
      response.end(headers.authorization === undefined ? '{}' : '{"token":"planted-token"}');
    });
    const reference = { url: charts.url.replace('http:', 'oci:') + '/web', version: 'stable' };
    expect(await refusal(reference, asAda())).toMatch(
      /^corrupt: the content of .* has another digest than it should have/,
    );
    overrides.set(
      '/v2/web/manifests/stable',
      answering(401, '', { 'www-authenticate': 'Bearer realm="http://elsewhere.example/token"' }),
    );
    expect(await refusal(reference, asAda())).toMatch(
      /^refused: the registry sends us to elsewhere.example for a token, without encryption$/,
    );
  });
});
