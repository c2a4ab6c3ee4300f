import { hostile } from '@syncline/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readConfiguration } from './configuration/read-configuration.js';
import { lineageOf } from './lineage.js';
import { isRenderError, type RenderError } from './render-error.js';
import { render, type Rendered, type RenderSpec } from './render.js';
import { memoryTree, type MemoryFiles } from './tree/memory-tree.js';

const spec: RenderSpec = { path: 'app', renderer: 'plain', namespace: 'shop', substitute: {}, patches: [] };

const nowhere = '/nonexistent';
const tools = { kustomize: nowhere, helm: nowhere };
const release = { application: 'app' };

const renderedFrom = (files: MemoryFiles): Promise<Rendered> =>
  render({ spec, tree: memoryTree(files), root: nowhere, renderKey: 'key', tools, release });

const outcomeOf = (files: MemoryFiles): Promise<Rendered | RenderError> =>
  renderedFrom(files).catch((error: unknown) => {
    if (isRenderError(error)) return error;
    throw error;
  });

const told = (outcome: Rendered | RenderError): string =>
  isRenderError(outcome)
    ? `${outcome.code} ${outcome.file ?? '-'}:${outcome.line ?? '-'}`
    : `${outcome.objects.length} objects`;

const expected: Readonly<Record<keyof typeof hostile.manifests, string>> = {
  'an alias bomb': 'yaml-limit app/a.yaml:7',
  'a long text five hundred times': 'yaml-limit app/a.yaml:2',
  'a cycle of aliases': 'yaml-limit app/a.yaml:1',
  '100 MB of YAML': 'yaml-limit app/a.yaml:1',
  '15 MB of small values': '1 objects',
  '15 MB of empty lists': 'yaml-limit app/a.yaml:1',
  '50,000 documents': 'yaml-limit app/a.yaml:25001',
  'four million empty documents': 'yaml-limit app/a.yaml:5001',
  'a list of 20,000 objects': 'object-limit app/a.yaml:1',
  'a list of 200,000 objects': 'yaml-limit app/a.yaml:1',
  '100,000 levels of lists': 'yaml-limit app/a.yaml:1',
  '100,000 levels of mappings': 'yaml-limit app/a.yaml:1',
  '100,000 levels on one line': 'yaml-limit app/a.yaml:1',
  'a million anchors': 'object-invalid app/a.yaml:1',
  'a key that stands twice': 'yaml-invalid app/a.yaml:7',
  'one object twice': 'object-duplicate app/a.yaml:6',
  'a key __proto__': 'yaml-invalid app/a.yaml:6',
  'an anchor of another document': 'yaml-invalid app/a.yaml:3',
  'a tab for indentation': 'yaml-invalid app/a.yaml:4',
  'a NUL': 'yaml-invalid app/a.yaml:5',
  'a byte order mark in the middle': 'yaml-invalid app/a.yaml:6',
  'a function of another language': 'yaml-invalid app/a.yaml:5',
  'a number beyond every machine': 'yaml-invalid app/a.yaml:5',
  infinity: 'yaml-invalid app/a.yaml:5',
  'no name': 'object-invalid app/a.yaml:1',
  'a name to be generated': 'generate-name-refused app/a.yaml:1',
  'a name that is a number': 'object-invalid app/a.yaml:1',
  'a name with a star': 'object-invalid app/a.yaml:1',
  'a name with a space': 'object-invalid app/a.yaml:1',
  'a name of 254 characters': 'object-invalid app/a.yaml:1',
  'a name that is a path': 'object-invalid app/a.yaml:1',
  'a name that leads up': 'object-invalid app/a.yaml:1',
  'a name with a line break': 'object-invalid app/a.yaml:1',
  'a name with an escape': 'object-invalid app/a.yaml:1',
  'a kind with wildcards of subjects': 'object-invalid app/a.yaml:1',
  'a namespace with wildcards of subjects': 'object-invalid app/a.yaml:1',
  'an apiVersion that is a path': 'object-invalid app/a.yaml:1',
  'an item that is nothing': 'object-invalid app/a.yaml:4',
  'no object': 'object-invalid app/a.yaml:1',
  nothing: 'nothing-rendered -:-',
  'comments alone': 'nothing-rendered -:-',
};

/** What takes seconds to be refused is tried in a process of its own by other tests, and here in whole runs. */
const slow: readonly string[] = [
  '15 MB of small values',
  '15 MB of empty lists',
  'a list of 200,000 objects',
  'a million anchors',
];
const isTried = (name: string): boolean => process.env.SYNCLINE_TEST_FULL === '1' || !slow.includes(name);
const tried = (Object.keys(expected) as (keyof typeof expected)[]).filter(isTried);

describe('a manifest', () => {
  test.each(tried)('that holds %s', async (name) => {
    const outcome = await outcomeOf({ 'app/a.yaml': hostile.manifests[name]() });
    expect(told(outcome)).toBe(expected[name]);
    // What is told of it cannot take over a terminal, nor fill it.
    if (isRenderError(outcome)) expect(outcome.message).toMatch(/^\P{C}{1,600}$/u);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each([
    ['a name with dots', hostile.configMap('a.b.c'), 'a.b.c'],
    ['a name of 253 characters', hostile.configMap('a'.repeat(253)), 'a'.repeat(253)],
    ['line ends of Windows', hostile.configMap('a').replaceAll('\n', '\r\n'), 'a'],
    ['a byte order mark', `\ufeff${hostile.configMap('a')}`, 'a'],
    [
      'a Role as Kubernetes names them',
      `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: "system:a b*" }\n`,
      'system:a b*',
    ],
    [
      'keys that every object of JavaScript has',
      hostile.configMap('a', 'data: { constructor: x, toString: y, hasOwnProperty: z }\n'),
      'a',
    ],
  ])('may hold %s', async (_, text, name) => {
    const { objects } = await renderedFrom({ 'app/a.yaml': text });
    expect(objects).toMatchObject([{ metadata: { name } }]);
  });

  test('reads spellings of numbers, dates and words as kubectl does', async () => {
    const data =
      'data: {a: 0o17, b: 0755, c: yes, d: 2001-01-01, e: 12:30:45, f: 1_000, g: 1e400, h: No, i: ~}\n';
    const { objects } = await renderedFrom({ 'app/a.yaml': hostile.configMap('a', data) });
    expect(objects[0]?.data).toEqual({
      a: 15,
      b: 493,
      c: true,
      d: '2001-01-01',
      e: '12:30:45',
      f: 1000,
      g: '1e400',
      h: false,
      i: null,
    });
  });
});

describe('files of a folder', () => {
  test.each([
    ['a link', { 'app/a.yaml': { kind: 'link' } }, 'link-refused app/a.yaml:1'],
    ['a submodule', { 'app/a': { kind: 'submodule' } }, 'link-refused app/a:1'],
    [
      'more files than anybody deploys',
      Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`app/${at}.yaml`, ''])),
      'object-limit app:1',
    ],
    [
      'more bytes than a cluster takes',
      Object.fromEntries(
        Array.from({ length: 5 }, (_, at) => [
          `app/${at}.yaml`,
          hostile.configMap(`a${at}`, `data: {a: "${'x'.repeat(15_000_000)}"}\n`),
        ]),
      ),
      'object-limit app/4.yaml:1',
    ],
  ] as const)('are refused where they are %s', async (_, files, refusal) => {
    expect(told(await outcomeOf(files))).toBe(refusal);
  });

  test.each([
    '-x.yaml',
    'CON.yaml',
    'a\nb.yaml',
    '\u001b[31m.yaml',
    ' .yaml',
    'a:b.yaml',
    '$(id).yaml',
    '*.yaml',
  ])('may be called %j', async (name) => {
    const { objects } = await renderedFrom({ [`app/${name}`]: hostile.configMap('a') });
    expect(objects).toHaveLength(1);
  });
});

describe('whatever a file holds', () => {
  const isRefusedOrRendered = async (text: string): Promise<void> => {
    const outcome = await outcomeOf({ 'app/a.yaml': text });
    if (!isRenderError(outcome)) expect(outcome.objects.length).toBeGreaterThan(0);
  };

  test('bytes become objects or a refusal', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => new TextDecoder().decode(bytes)),
        isRefusedOrRendered,
      ),
    ));

  const word = fc.constantFrom(
    'apiVersion',
    'v1',
    'kind',
    'List',
    'ConfigMap',
    'metadata',
    'name',
    'items',
    'a',
    '__proto__',
    'constructor',
    '<<',
    '*a',
    '&a x',
    '1',
    '0o7',
    '~',
    '""',
    '"\\u0000"',
    '!!set',
    '-',
    '?',
    '|',
    '>',
    '---',
    '...',
    '%YAML 1.2',
  );
  const line = fc.tuple(
    fc.nat({ max: 6 }),
    word,
    fc.constantFrom(': ', ':\n', '\n', ' ', ': {', '}', ': [', ']', ','),
    word,
  );
  const yaml = fc
    .array(line, { maxLength: 30 })
    .map((lines) =>
      lines.map(([indent, key, mark, value]) => `${' '.repeat(indent)}${key}${mark}${value}`).join('\n'),
    );
  test('words of YAML become objects or a refusal', () =>
    fc.assert(fc.asyncProperty(yaml, isRefusedOrRendered)));

  const object = fc.record({ apiVersion: fc.anything(), kind: fc.anything(), metadata: fc.anything() });
  const json = fc.oneof(object, fc.jsonValue()).map((value) => JSON.stringify(value) as string | undefined);
  test('JSON becomes objects or a refusal', () =>
    fc.assert(fc.asyncProperty(json, (text) => isRefusedOrRendered(text ?? ''))));

  const field = fc.constantFrom(
    ...[
      'resources',
      'bases',
      'components',
      'patches',
      'path',
      'patch',
      'target',
      'generators',
      'transformers',
    ],
    ...['configMapGenerator', 'files', 'literals', 'helmCharts', 'replacements', 'kind', 'openapi', 'crds'],
  );
  const reference = fc.constantFrom(
    ...[
      'a.yaml',
      '.',
      '..',
      '../app',
      '../../x',
      '/etc/passwd',
      'https://x/y',
      'git@x:y',
      'link',
      '',
      '~',
      '1',
    ],
    ...['|\n  kind: Exec', '{}', '[]', '"\\u001b"', 'a=b', '*', '-', 'a.yaml\n- b.yaml'],
  );
  const kustomization = fc
    .array(
      fc.tuple(field, fc.constantFrom(': ', ':\n- ', ':\n- path: ', ': [', ':\n  files:\n  - '), reference),
      { maxLength: 12 },
    )
    .map((entries) => entries.map((parts) => parts.join('')).join('\n'));

  test('a kustomization is followed, faults and all, and never further than the tree', () =>
    fc.assert(
      fc.asyncProperty(kustomization, async (text) => {
        const files: MemoryFiles = {
          'app/kustomization.yaml': text,
          'app/a.yaml': text,
          'app/link': { kind: 'link' },
        };
        const { entries } = await lineageOf(memoryTree(files), { path: 'app', renderer: 'kustomize' });
        for (const { path } of entries) expect(path).not.toMatch(/^\/|(?:^|\/)\.\.(?:\/|$)/);
      }),
    ));

  test('a declaration is read, or an error with file and line', () => {
    const head = 'apiVersion: syncline.dev/v1\nkind: Application\n';
    fc.assert(
      fc.property(fc.oneof(yaml, kustomization), (text) => {
        const { errors } = readConfiguration([{ path: 'a.yaml', text: head + text }], { name: 'fleet' });
        for (const error of errors)
          expect(error).toMatchObject({ file: 'a.yaml', line: expect.any(Number) as number });
      }),
    );
  });
});
