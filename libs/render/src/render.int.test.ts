import { canonicalJson } from '@syncline/kernel';
import { resolveBinary } from '@syncline/toolchain';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { networkIsolation } from './isolated/run-isolated.js';
import { runKustomize } from './kustomize/run.js';
import { RenderError } from './render-error.js';
import { render, type Rendered, type RenderSpec } from './render.js';
import { memoryTree } from './tree/memory-tree.js';

type Files = Readonly<Record<string, string>>;

let kustomize = '';
const roots: string[] = [];

beforeAll(async () => {
  kustomize = (await resolveBinary('kustomize')).path;
});
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

const write = async (files: Files): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'syncline-render-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
};

const rendered = async (files: Files, spec: Partial<RenderSpec> = {}): Promise<Rendered> =>
  render({
    root: await write(files),
    tools: { kustomize, helm: '' },
    release: { application: 'app' },
    renderKey: 'key',
    spec: { path: 'app', renderer: 'detect', namespace: 'shop', substitute: {}, patches: [], ...spec },
  });

const refusal = async (files: Files, spec: Partial<RenderSpec> = {}): Promise<RenderError> => {
  try {
    await rendered(files, spec);
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
  throw new Error('it was rendered');
};

const config =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { mode: "yes", perm: "0644" }\n';
const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 1 }\n';
const secret =
  'apiVersion: v1\nkind: Secret\nmetadata: { name: token }\nstringData: { token: planted-value }\n';
const plain: Files = { 'app/a.yaml': config, 'app/b.yaml': deployment, 'app/c.yaml': secret };
const overlay = (text: string, more: Files = {}): Files => ({
  'app/kustomization.yaml': text,
  'base/kustomization.yaml': 'resources: [web.yaml, token.yaml]\n',
  'base/web.yaml': deployment,
  'base/token.yaml': secret,
  ...more,
});
const names = ({ objects }: Rendered): string[] =>
  objects.map(({ kind, metadata }) => `${kind as string} ${(metadata as { name: string }).name}`);

describe('rendering', () => {
  test('takes plain YAML in the order of its files, Secrets by reference', async () => {
    const result = await rendered(plain);
    expect(names(result)).toEqual(['ConfigMap settings', 'Deployment web', 'Secret token']);
    expect(JSON.stringify(result.objects)).not.toContain('planted-value');
    expect([...result.secrets.values()]).toEqual([Buffer.from('planted-value').toString('base64')]);
  });

  test('gives equal bytes for equal input, and another digest for another', async () => {
    const files = overlay('resources: [../base]\nconfigMapGenerator: [{ name: c, literals: [a=b] }]\n');
    const spec = {
      patches: [{ target: { kind: 'Deployment' }, patch: '- { op: add, path: /spec/paused, value: true }' }],
    };
    const [first, second, other] = [
      await rendered(files, spec),
      await rendered(files, spec),
      await rendered(files),
    ];
    expect(canonicalJson(second.objects)).toBe(canonicalJson(first.objects));
    expect(second.renderDigest).toBe(first.renderDigest);
    expect(other.renderDigest).not.toBe(first.renderDigest);
  });

  test('builds a kustomization with its bases, and keeps text as text', async () => {
    const result = await rendered(
      overlay(
        'resources: [../base]\nnamePrefix: my-\nconfigMapGenerator:\n- name: c\n  literals: [on=yes, octal=0644]\n  options: { disableNameSuffixHash: true }\n',
      ),
    );
    expect(names(result).sort()).toEqual(
      ['ConfigMap my-c', 'Deployment my-web', 'Secret my-token'], // prettier-ignore
    );
    expect(result.objects.find(({ kind }) => kind === 'ConfigMap')?.data).toEqual({
      on: 'yes',
      octal: '0644',
    });
  });

  test('applies patches of overrides, then substitution, and keeps the order', async () => {
    const result = await rendered(plain, {
      substitute: { REGION: 'eu' },
      patches: [
        {
          patch:
            'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, labels: { region: "${REGION}" } }\nspec: { replicas: 3 }\n',
        },
        { target: { kind: 'ConfigMap' }, patch: '- { op: replace, path: /data/mode, value: "${OTHER}" }' },
      ],
    });
    expect(names(result)).toEqual(['ConfigMap settings', 'Deployment web', 'Secret token']);
    expect(result.objects[0]?.data).toEqual({ mode: '${OTHER}', perm: '0644' });
    expect(result.objects[1]).toMatchObject({
      metadata: { labels: { region: 'eu' } },
      spec: { replicas: 3 },
    });
  });

  test('suggests from the whole revision, where only what is read lies on disk', async () => {
    const files = overlay('resources:\n  - ../bse\n');
    const root = await write({ 'app/kustomization.yaml': files['app/kustomization.yaml'] ?? '' });
    const spec: RenderSpec = {
      path: 'app',
      renderer: 'detect',
      namespace: 'shop',
      substitute: {},
      patches: [],
    };
    const tools = { kustomize, helm: '' };
    const release = { application: 'app' };
    const input = { root, tree: memoryTree(files), tools, release, renderKey: 'key' };
    await expect(render({ ...input, spec })).rejects.toThrow('Did you mean "../base"?');
    await expect(render({ ...input, spec: { ...spec, path: 'ap' } })).rejects.toThrow('Did you mean "app"?');
  });

  test('leaves out the configuration of Syncline in either renderer', async () => {
    const own = 'apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: x }\n';
    expect(names(await rendered({ ...plain, 'app/z.yaml': own }))).not.toContain('Application x');
    const built = await rendered(overlay('resources: [../base, own.yaml]\n', { 'app/own.yaml': own }));
    expect(names(built)).not.toContain('Application x');
  });

  test.each<[string, Files, Partial<RenderSpec>, string]>([
    [
      'a path that is not there',
      { 'apps/a.yaml': config },
      {},
      'path-missing undefined:undefined path "app" does not exist. Did you mean "apps"?',
    ],
    [
      'a path that is a file',
      { app: config },
      {},
      'path-missing undefined:undefined path "app" is no folder',
    ],
    [
      'a path that climbs out',
      plain,
      { path: '../x' },
      'path-outside undefined:undefined path "../x" leaves the repository',
    ],
    [
      'nothing to deploy',
      { 'app/README.md': 'x' },
      {},
      'nothing-rendered undefined:undefined path "app" holds no manifests',
    ],
    [
      'one object twice',
      { ...plain, 'app/z.yaml': `# again\n${config}` },
      {},
      'object-duplicate app/z.yaml:2 ConfigMap settings is declared twice, first at app/a.yaml:1, again at app/z.yaml:2',
    ],
    ['bytes that are no text', { 'app/a.yaml': config, 'app/b.yaml': '\ufffe' }, {}, 'yaml-invalid'],
    [
      'a base that is not there',
      overlay('resources:\n  - ../bse\n'),
      {},
      'reference-missing app/kustomization.yaml:2 resource "../bse" does not exist. Did you mean "../base"?',
    ],
    [
      'an object without apiVersion, which kustomize would take',
      overlay('resources: [../base, x.yaml]\n', {
        'app/x.yaml': '\nkind: ConfigMap\nmetadata: { name: x }\n',
      }),
      {},
      'object-invalid app/x.yaml:2 ConfigMap x has no apiVersion',
    ],
    [
      'one object twice in a kustomization',
      overlay('resources: [../base, x.yaml]\n', { 'app/x.yaml': deployment }),
      {},
      'object-duplicate app/x.yaml:1 Deployment web is declared twice, first at base/web.yaml:1, again at app/x.yaml:1',
    ],
    [
      'a patch that fits nothing',
      overlay(
        'resources: [../base]\npatches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: { name: wbe }\n',
      ),
      {},
      'kustomize-failed app/kustomization.yaml:3 kustomize: no resource matches strategic merge patch "Deployment.v1.apps/wbe.[noNs]"',
    ],
    [
      'a JSON patch of a path that is not there',
      overlay(
        'resources: [../base]\npatches:\n  - target: { kind: Deployment }\n    patch: "- { op: replace, path: /spec/none/x, value: 1 }"\n',
      ),
      {},
      'kustomize-failed app/kustomization.yaml:3 kustomize: replace operation does not apply: doc is missing path: /spec/none/x: missing value',
    ],
    [
      'a field of the wrong type',
      overlay('resources: [../base]\nimages:\n  - name: 3\n'),
      {},
      'kustomize-failed app/kustomization.yaml:2 kustomize: invalid Kustomization: json: cannot unmarshal number into Go struct field Image.images.name of type string',
    ],
    [
      'an override that selects nothing',
      plain,
      { patches: [{ target: { name: 'wbe' }, patch: '[]' }] },
      'patch-failed undefined:undefined a patch of spec.placement.overrides selects no object (name wbe)',
    ],
    [
      'an override that does not fit',
      plain,
      { patches: [{ target: { kind: 'Deployment' }, patch: '- { op: remove, path: /spec/none }' }] },
      'patch-failed undefined:undefined a patch of spec.placement.overrides does not fit: ',
    ],
  ])('is refused for %s', async (_, files, spec, expected) => {
    const { code, file, line, message } = await refusal(files, spec);
    expect(`${code} ${file}:${line} ${message}`.slice(0, expected.length)).toBe(expected);
  });
});

describe('a refusal', () => {
  const planted = 'planted-value-7d1c';

  test.each<[string, string]>([
    ['a literal', `resources: [../base]\nsecretGenerator:\n- name: s\n  literals: [${planted}]\n`],
    [
      'an env file',
      'resources: [../base]\nsecretGenerator:\n- name: s\n  behavior: replace\n  envs: [s.env]\n',
    ],
    [
      'a patch that fits nothing',
      `resources: [../base]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n    metadata: { name: none }\n    stringData: { a: ${planted} }\n`,
    ],
    [
      'a JSON patch',
      `resources: [../base]\npatches:\n- target: { kind: Secret }\n  patch: |\n    - { op: test, path: /stringData/token, value: ${planted} }\n`,
    ],
    ['a patch that cannot be read', `resources: [../base]\npatches:\n- patch: "{ stringData: ${planted}"\n`],
  ])('never quotes what may be secret: %s', async (_, kustomization) => {
    const env = `A=1\n${planted} without a key\nB=\u0000${planted}\n`;
    const error = await refusal(overlay(kustomization, { 'app/s.env': env }));
    expect(error.message).not.toContain(planted);
    expect(error.file).toBe('app/kustomization.yaml');
  });

  test('names no folder of this machine', async () => {
    const error = await refusal(
      overlay('resources: [../base]\nconfigMapGenerator: [{ name: x, behavior: merge, literals: [a=b] }]\n'),
    );
    expect(error.message).not.toContain(tmpdir());
    expect(error.message).not.toMatch(/0x[0-9a-f]{6}/);
  });
});

describe('kustomize', () => {
  test('has no network where the platform can do without', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: remote }\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const root = await write({
      'app/kustomization.yaml': `resources: ["http://127.0.0.1:${port}/a.yaml"]\n`,
    });
    const run = await runKustomize(kustomize, join(root, 'app'));
    server.close();
    const isIsolated = (await networkIsolation()).length > 0;
    expect({ ok: run.ok, asked: asked > 0 }).toEqual({ ok: !isIsolated, asked: !isIsolated });
  });

  test('gets an environment of its own', async () => {
    const root = await write({ 'print.sh': '#!/bin/sh\nexport -p\n', 'app/x': '' });
    await chmod(join(root, 'print.sh'), 0o755);
    process.env.SYNCLINE_PLANTED = 'planted-value';
    const run = await runKustomize(join(root, 'print.sh'), join(root, 'app'));
    delete process.env.SYNCLINE_PLANTED;
    expect(run.ok ? run.output : run.said).toContain('GIT_ALLOW_PROTOCOL');
    expect(JSON.stringify(run)).not.toContain('planted-value');
  });

  test('that is not there is a fault of ours, to be tried again', async () => {
    const root = await write(overlay('resources: [../base]\n'));
    const tools = { kustomize: '/nowhere/kustomize', helm: '' };
    const input = { root, renderKey: 'key', tools, release: { application: 'app' } };
    const spec: RenderSpec = {
      path: 'app',
      renderer: 'detect',
      namespace: 'shop',
      substitute: {},
      patches: [],
    };
    await expect(render({ ...input, spec })).rejects.toMatchObject({
      code: 'renderer-missing',
      retryable: true,
    });
  });

  test.each([
    ['takes too long', 'while :; do :; done', 'time-limit'],
    ['prints without end', 'while :; do echo more; done', 'output-limit'],
  ])('that %s is ended', async (_, loop, code) => {
    const root = await write({ 'loop.sh': `#!/bin/sh\n${loop}\n`, 'app/x': '' });
    await chmod(join(root, 'loop.sh'), 0o755);
    const allowed = { renderMs: 1_000, outputBytes: 1_000 };
    const run = runKustomize(join(root, 'loop.sh'), join(root, 'app'), undefined, allowed);
    await expect(run).rejects.toMatchObject({ code });
  });

  test('is stopped with its signal', async () => {
    const root = await write(overlay('resources: [../base]\n'));
    await expect(runKustomize(kustomize, join(root, 'app'), AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
