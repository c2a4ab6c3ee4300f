import type { HelmSpec } from '@syncline/events';
import { resolveBinaries } from '@syncline/toolchain';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ownRoot } from '../isolated/own-root.js';
import { lineageOf } from '../lineage.js';
import { RenderError } from '../render-error.js';
import { render, renderKeyOf, type Rendered, type RenderSpec } from '../render.js';
import { folderTree } from '../tree/folder-tree.js';
import { memoryTree } from '../tree/memory-tree.js';
import { readDocuments } from '../yaml/documents.js';
import { objectsOf } from '../objects/unfold.js';
import { runHelm, templateParameters, type ClusterFacts, type HelmCall } from './run.js';

type Files = Readonly<Record<string, string>>;

const run = promisify(execFile);
const facts: ClusterFacts = {
  kubernetesVersion: 'v1.33.1',
  apiVersions: ['apps/v1', 'apps/v1/Deployment', 'shop.example/v1', 'shop.example/v1/Till'],
  isUpgrade: false,
};
const roots: string[] = [];
let tools = { kustomize: '', helm: '' };

beforeAll(async () => {
  tools = await resolveBinaries(['kustomize', 'helm']);
});
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

const write = async (files: Files): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'syncline-chart-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
};

const chart: Files = {
  'app/Chart.yaml':
    'apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies:\n  - name: lib\n    version: 0.1.0\n  - name: sub\n    version: 0.1.0\n',
  'app/values.yaml': 'replicas: 1\ntag: latest\nextra: { a: 1, b: 2 }\n',
  'app/templates/_names.tpl': '{{- define "web.name" -}}{{ .Release.Name }}-web{{- end }}\n',
  'app/templates/settings.yaml': [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    '  name: {{ include "web.name" . }}',
    '  labels: {{- include "lib.labels" . | nindent 4 }}',
    'data:',
    '  replicas: {{ .Values.replicas | quote }}',
    '  tag: {{ .Values.tag | quote }}',
    '  extra: {{ .Values.extra | toJson | quote }}',
    '  namespace: {{ .Release.Namespace }}',
    '  version: {{ .Capabilities.KubeVersion }}',
    '  till: {{ .Capabilities.APIVersions.Has "shop.example/v1/Till" | quote }}',
    '  upgrade: {{ .Release.IsUpgrade | quote }}',
    '  file: {{ .Files.Get "motd.txt" | quote }}',
    '  found: {{ lookup "v1" "Namespace" "" "default" | toJson | quote }}',
    '',
  ].join('\n'),
  'app/templates/secret.yaml':
    'apiVersion: v1\nkind: Secret\nmetadata: { name: token }\nstringData: { token: {{ .Values.tag }} }\n',
  'app/templates/tests/test.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: { name: test, annotations: { helm.sh/hook: test } }\n',
  'app/motd.txt': 'Welcome\n',
  'app/crds/till.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: tills.shop.example }\n',
  'app/charts/lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n',
  'app/charts/lib/templates/_labels.tpl':
    '{{- define "lib.labels" -}}\nchart: {{ .Chart.Name }}\n{{- end }}\n',
  'app/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  'app/charts/sub/templates/s.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: sub }\ndata: { level: {{ .Values.level | default "low" }} }\n',
};

const helmSpec = (more: Partial<HelmSpec> = {}): HelmSpec => ({
  chart: { path: 'app' },
  releaseName: 'shop',
  values: [],
  ...more,
});

const specOf = (helm: HelmSpec | undefined, more: Partial<RenderSpec> = {}): RenderSpec => ({
  path: 'app',
  renderer: helm ? 'helm' : 'detect',
  ...(helm && { helm }),
  namespace: 'shop',
  substitute: {},
  patches: [],
  ...more,
});

const renderIn = async (root: string, helm?: HelmSpec, told: ClusterFacts = facts): Promise<Rendered> => {
  const spec = specOf(helm);
  const release = { application: 'shop', facts: told };
  const lineage = await lineageOf(folderTree(root), spec);
  return render({ spec, root, tools, release, renderKey: renderKeyOf(spec, lineage, release) });
};
const rendered = async (files: Files, helm?: HelmSpec, told?: ClusterFacts): Promise<Rendered> =>
  renderIn(await write(files), helm, told);

const refusal = async (files: Files, helm?: HelmSpec): Promise<string> => {
  try {
    await rendered(files, helm);
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return `${error.code} ${error.file ?? '-'}:${error.line ?? 0} ${error.message}`;
  }
  throw new Error('it was rendered');
};

const find = ({ objects }: Rendered, name: string) =>
  objects.find(({ metadata }) => (metadata as { name: string }).name === name) as
    { readonly data: Readonly<Record<string, string>>; readonly metadata: unknown } | undefined;

describe('a chart', () => {
  test('gives the bytes of helm template, and of them the same objects, for equal arguments', async () => {
    const files = { ...chart, 'app/production.yaml': 'replicas: 3\nsub: { level: high }\n' };
    const root = await write(files);
    const call: HelmCall = {
      ...{ helm: tools.helm, root, chart: 'app', releaseName: 'shop', namespace: 'shop', facts },
      ...{ home: join(root, 'work/home'), values: ['app/production.yaml'] },
    };
    const ours = await runHelm(call);
    const parameters = [
      ...['template', 'shop', './app', '--namespace', 'shop', '--values', 'app/production.yaml'],
      ...['--kube-version', 'v1.33.1', '--include-crds', '--skip-tests'],
      ...facts.apiVersions.flatMap((one) => ['--api-versions', one]),
    ];
    const { stdout } = await run(tools.helm, parameters, { cwd: root });
    // The text that Helm prints, compared before anything of ours reads it.
    expect(ours).toEqual({ ok: true, output: stdout });
    // And the objects in it, in Helm's order, but for the namespace and the values of Secrets.
    const printed = readDocuments('helm', stdout).flatMap(objectsOf);
    const result = await renderIn(root, helmSpec({ values: [{ file: 'app/production.yaml' }] }));
    const bare = (object: object): unknown => ({
      ...object,
      metadata: { ...(object as { metadata: object }).metadata, namespace: undefined },
      ...('stringData' in object || (object as { kind: string }).kind === 'Secret'
        ? { data: undefined, stringData: undefined }
        : {}),
    });
    expect(result.objects.map(bare)).toEqual(printed.map(({ object }) => bare(object)));
    expect(result.objects).toHaveLength(4);
  });

  test('is told of its release, its cluster and its files, and of no live object', async () => {
    const { data, metadata } = find(await rendered(chart), 'shop-web') ?? { data: {}, metadata: {} };
    expect(data).toEqual({
      ...{ replicas: '1', tag: 'latest', extra: '{"a":1,"b":2}', namespace: 'shop', version: 'v1.33.1' },
      ...{ till: 'true', upgrade: 'false', file: 'Welcome\n', found: '{}' },
    });
    expect(metadata).toMatchObject({ labels: { chart: 'web' }, namespace: 'shop' });
    const upgraded = await rendered(chart, undefined, { ...facts, apiVersions: [], isUpgrade: true });
    expect(find(upgraded, 'shop-web')?.data).toMatchObject({ till: 'false', upgrade: 'true' });
  });

  test('takes value files in their order, then what the declaration says; null takes a default away', async () => {
    const files = {
      ...chart,
      'app/one.yaml': 'replicas: 2\ntag: one\n',
      'app/two.yaml': 'tag: two\n',
      'applications/shop.yaml': 'spec: { values: { extra: { b: null, c: 3 }, sub: { level: high } } }\n',
    };
    const values = [
      { file: 'app/one.yaml' },
      { file: 'app/two.yaml' },
      { file: 'applications/shop.yaml', at: '/0/spec/values' },
    ];
    const result = await rendered(files, helmSpec({ values }));
    expect(find(result, 'shop-web')?.data).toMatchObject({
      ...{ replicas: '2', tag: 'two', extra: '{"a":1,"c":3}' },
    });
    expect(find(result, 'sub')?.data).toEqual({ level: 'high' });
  });

  test('lies where it is named, with packed subcharts, and its lineage is the chart and the values', async () => {
    const root = await write({
      ...Object.fromEntries(
        Object.entries(chart)
          .filter(([path]) => !path.startsWith('app/charts/sub/'))
          .map(([path, text]) => [path.replace(/^app/, 'charts/web'), text]),
      ),
      'app/production.yaml': 'replicas: 3\n',
      'pack/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
      'pack/sub/templates/s.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: packed }\n',
    });
    await run('tar', [
      '-czf',
      join(root, 'charts/web/charts/sub-0.1.0.tgz'),
      '-C',
      join(root, 'pack'),
      'sub',
    ]);
    const helm = helmSpec({ chart: { path: 'charts/web' }, values: [{ file: 'app/production.yaml' }] });
    const result = await renderIn(root, helm);
    expect(find(result, 'packed')).toBeDefined();
    const lineage = await lineageOf(folderTree(root), specOf(helm, { renderer: 'helm' }));
    expect(lineage.entries.map(({ path }) => path)).toEqual(['app/production.yaml', 'charts/web']);
  });

  test('has another key for another release, cluster or name, and the others have not', async () => {
    const tree = memoryTree(chart);
    const spec = specOf(undefined);
    const lineage = await lineageOf(tree, spec);
    const key = (told: ClusterFacts | undefined, application = 'shop'): string =>
      renderKeyOf(spec, lineage, { application, ...(told && { facts: told }) });
    const keys = [
      key(facts),
      key({ ...facts, isUpgrade: true }),
      key({ ...facts, kubernetesVersion: 'v1.34.0' }),
      key({ ...facts, apiVersions: [] }),
      key(facts, 'till'),
    ];
    expect(new Set(keys).size).toBe(5);
    const plain = { renderer: 'plain', entries: [] } as const;
    const plainKey = (application: string) => renderKeyOf(spec, plain, { application, facts });
    expect(plainKey('shop')).toBe(plainKey('till'));
  });
});

describe('a chart is refused', () => {
  const cases: readonly (readonly [string, Files, string | RegExp])[] = [
    [
      'for a fault of a template, in the innermost one',
      { 'app/templates/_names.tpl': '{{- define "web.name" -}}\n{{ .Values.no.such.thing }}{{- end }}\n' },
      /^helm-failed app\/templates\/_names.tpl:2 helm: .*nil pointer evaluating interface/,
    ],
    [
      'for a function that does not exist',
      { 'app/templates/bad.yaml': 'a: b\nc: {{ nope }}\n' },
      'helm-failed app/templates/bad.yaml:2 helm: parse error at (web/templates/bad.yaml:2): function "nope" not defined',
    ],
    [
      'for what it requires, without the values',
      { 'app/templates/bad.yaml': '{{ fail (printf "no %s" .Values.tag) }}\n' },
      'helm-failed app/templates/bad.yaml:1 helm: execution error at (web/templates/bad.yaml:1:3): no …',
    ],
    [
      'for text that is no YAML',
      { 'app/templates/bad.yaml': 'a: b\n  c: d\n' },
      /^helm-failed app\/templates\/bad.yaml:1 helm: YAML parse error on web\/templates\/bad.yaml/,
    ],
    [
      'for what is no object',
      { 'app/templates/bad.yaml': 'kind: ConfigMap\nmetadata: { name: x }\n' },
      'object-invalid app/templates/bad.yaml:1 what the template makes is refused: ConfigMap x has no apiVersion',
    ],
    [
      'for hooks, each by name',
      {
        'app/templates/job.yaml':
          'apiVersion: batch/v1\nkind: Job\nmetadata: { name: migrate, annotations: { helm.sh/hook: "pre-install,pre-upgrade" } }\n',
      },
      /^hook-refused app\/templates\/job.yaml:1 Job migrate \(pre-install,pre-upgrade\) is a hook of the chart, which this version does not carry out/,
    ],
    [
      'for a dependency that is not there',
      {
        'app/Chart.yaml':
          'apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies:\n  - name: lib\n    version: 0.1.0\n  - name: redis\n    version: 18.0.0\n    repository: https://charts.example\n',
      },
      /^dependency-missing app\/Chart.yaml:7 redis: named as dependencies and not there/,
    ],
    [
      'where it is a library',
      { 'app/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\ntype: library\n' },
      'helm-failed app/Chart.yaml:1 helm: library charts are not installable',
    ],
    [
      'where it wants another Kubernetes',
      { 'app/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\nkubeVersion: ">=1.99"\n' },
      /^helm-failed app\/Chart.yaml:1 helm: chart requires kubeVersion: >=1.99 which is incompatible with Kubernetes v1.33.1/,
    ],
    [
      'without a name',
      { 'app/Chart.yaml': 'apiVersion: v2\nversion: 1.2.3\n' },
      'chart-invalid app/Chart.yaml:1 the chart has no name',
    ],
    [
      'for values against its schema, without the values',
      { 'app/values.schema.json': '{"properties": {"tag": {"enum": ["x"]}}}' },
      /^helm-failed app\/Chart.yaml:1 helm: .*at '\/tag': (?!.*latest)/,
    ],
    [
      'that makes something up by chance',
      {
        'app/templates/bad.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: chance }\ndata:\n  id: {{ uuidv4 }}\n',
      },
      /^render-unstable app\/templates\/bad.yaml:5 renders to something else another time: ConfigMap chance \/data\/id, by uuidv4 \(app\/templates\/bad.yaml:5\)\. /,
    ],
    [
      'that asks for the time',
      {
        'app/templates/bad.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: time }\ndata:\n  at: {{ now | unixEpoch | quote }}\n',
      },
      /^render-unstable app\/templates\/bad.yaml:5 renders to something else another time: ConfigMap time \/data\/at, by now \(app\/templates\/bad.yaml:5\)\. /,
    ],
    [
      'that takes more memory than there is for it',
      { 'app/templates/bad.yaml': '{{- range until 300000000 }}{{ end }}\n' },
      'memory-limit -:0 helm needed more memory than a render may have',
    ],
  ];
  test.each(cases)('%s', async (_, files, expected) => {
    const said = await refusal({ ...chart, ...files });
    if (typeof expected === 'string') expect(said).toBe(expected);
    else expect(said).toMatch(expected);
  });

  test('where its schema is to be read from elsewhere, by file or by network', async ({ skip }) => {
    const own = await ownRoot({ program: tools.helm, folders: [], addressBytes: 0 });
    await own?.remove();
    if (!own) return skip('this user may make no root for a program');
    const outside = await write({ 'schema.json': '{"type": "object"}' });
    const schema = (url: string): Files => ({
      ...chart,
      'app/values.schema.json': JSON.stringify({ $ref: url }),
    });
    const said = await refusal(schema(`file://${outside}/schema.json`));
    expect(said).toMatch(/^helm-failed app\/Chart.yaml:1 helm: .*no such file or directory$/);
    expect(await refusal(schema('https://schemas.example/x.json'))).toMatch(
      /^helm-failed .*HTTP request failed/,
    );
  });

  test('and sees nothing above itself by a path', async () => {
    const files = {
      ...chart,
      'secret.txt': 'planted-value',
      'app/templates/files.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: files }\ndata: { up: {{ .Files.Get "../secret.txt" | quote }}, root: {{ .Files.Get "/etc/hostname" | quote }} }\n',
    };
    expect(find(await rendered(files), 'files')?.data).toEqual({ up: '', root: '' });
  });

  test('where it reads what lies outside of it', async () => {
    const root = await write({ ...chart, 'secret.txt': 'planted-value' });
    await symlink(join(root, 'secret.txt'), join(root, 'app/outside.yaml'));
    const outside = helmSpec({ values: [{ file: 'app/outside.yaml' }] });
    await expect(renderIn(root, outside)).rejects.toMatchObject({ code: 'link-refused' });
  });

  test.each([
    ['is not there', helmSpec({ values: [{ file: 'app/valeus.yaml' }] }), 'reference-missing -:0 the value file "app/valeus.yaml" does not exist. Did you mean "app/values.yaml"?'],
    ['is no YAML', helmSpec({ values: [{ file: 'bad.yaml' }] }), 'yaml-invalid bad.yaml:2 a key stands twice in one mapping'],
    ['is a list', helmSpec({ values: [{ file: 'list.yaml' }] }), 'values-invalid list.yaml:1 holds values that are no mapping'],
    ['is several documents', helmSpec({ values: [{ file: 'two.yaml' }] }), 'values-invalid two.yaml:1 holds several documents; values are one'],
    ['is a folder', helmSpec({ values: [{ file: 'app/templates' }] }), 'values-invalid -:0 the value file "app/templates" is no file'],
  ])('where a value file %s', async (_, helm, expected) => {
    const files = { ...chart, 'bad.yaml': 'a: 1\na: 2\n', 'list.yaml': '- 1\n', 'two.yaml': 'a: 1\n---\nb: 1\n' };
    expect(await refusal(files, helm)).toBe(expected);
  }); // prettier-ignore

  test('where it is not there', async () => {
    const nowhere = helmSpec({ chart: { path: 'ap' } });
    expect(await refusal(chart, nowhere)).toBe(
      'path-missing -:0 path "ap" does not exist. Did you mean "app"?',
    );
    const none = helmSpec({ chart: { path: 'app/templates' } });
    expect(await refusal(chart, none)).toMatch(/^chart-invalid -:0 "app\/templates" holds no Chart.yaml/);
  });

  test('where it never ends, and helm is gone then', async () => {
    const root = await write({
      ...chart,
      'app/templates/bad.yaml': '{{- range until 9000000 }}{{ range until 9000000 }}{{ end }}{{ end }}\n',
    });
    const call = { helm: tools.helm, root, home: join(root, 'work/home'), chart: 'app', releaseName: 'shop' };
    const signal = AbortSignal.timeout(1_500);
    await expect(runHelm({ ...call, namespace: 'shop', values: [], signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

test('helm is given each of a thousand served kinds', () => {
  const apiVersions = Array.from({ length: 1_200 }, (_, index) => `group${index}.example/v1/Kind`);
  const call = { helm: '', root: '', home: '', chart: '.', releaseName: 'x', namespace: 'y', values: [] };
  const parameters = templateParameters({ ...call, facts: { ...facts, apiVersions } });
  const given = parameters.filter((_, index) => parameters[index - 1] === '--api-versions');
  expect(given.flatMap((each) => each.split(','))).toEqual(apiVersions);
  expect(Math.max(...given.map((each) => each.length))).toBeLessThan(100_000);
});
