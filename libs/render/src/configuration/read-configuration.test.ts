import { applicationSpec } from '@syncline/events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readConfiguration, type SourceFile } from './read-configuration.js';

const repository = { name: 'fleet', ref: 'main' };
const head = 'apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: checkout }\n';
const read = (...texts: string[]) =>
  readConfiguration(
    texts.map((text, index): SourceFile => ({ path: `applications/${index}.yaml`, text })),
    repository,
  );
const errorsOf = (text: string): string[] =>
  read(text).errors.map(
    ({ file, line, reason }) => `${file.replace('applications/0.yaml', '')}:${line} ${reason}`,
  );

describe('an application', () => {
  test('needs only a name and a path, and every default is filled in', () => {
    const { applications, errors } = read(`${head}spec: { source: { path: apps/checkout } }\n`);
    expect(errors).toEqual([]);
    expect(applications).toEqual([
      {
        file: 'applications/0.yaml',
        line: 1,
        spec: {
          project: 'default',
          name: 'checkout',
          labels: {},
          source: { repository: 'fleet', path: 'apps/checkout' },
          renderer: 'detect',
          namespace: 'checkout',
          placement: { clusters: { matchLabels: {} }, overrides: [] },
          sync: { mode: 'automatic', prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } } },
          health: { timeoutSeconds: 300 },
        },
      },
    ]);
    expect(applicationSpec.parse(applications[0]?.spec)).toEqual(applications[0]?.spec);
  });

  test('says which fields are left to others, and cannot leave what makes an object what it is', () => {
    const rule = (fields: string) =>
      `${head}spec: { source: { path: a }, sync: { ignore: [{ group: apps, kind: Deployment, fields: ${fields} }] } }\n`;
    const { applications, errors } = read(rule('["/spec/replicas", "/a/[name=web]/b~1c"]'));
    expect(errors).toEqual([]);
    expect(applications[0]?.spec.sync.ignore).toEqual([
      { group: 'apps', kind: 'Deployment', fields: ['/spec/replicas', '/a/[name=web]/b~1c'] },
    ]);
    expect(applicationSpec.parse(applications[0]?.spec)).toEqual(applications[0]?.spec);
    const own = [
      '/metadata',
      '/metadata/labels',
      '/metadata/name',
      '/kind',
      '/status/x',
      '',
      'spec',
      '/',
      '/a//b',
    ];
    const marks = [
      '/metadata/labels/applyset.kubernetes.io~1part-of',
      '/metadata/annotations/syncline.dev~1object',
    ];
    for (const field of [...own, ...marks])
      expect(errorsOf(rule(JSON.stringify([field])))[0], field).toMatch(/ignore.*fields.*must be a pointer/);
    expect(errorsOf(rule('[]'))[0]).toMatch(/must name a field at least/);
    expect(
      errorsOf(`${head}spec: { source: { path: a }, sync: { ignore: [{ fields: [/a] }] } }\n`),
    ).toHaveLength(1);
  });

  test('takes all that this version carries out', () => {
    const { applications, errors } = read(`
apiVersion: syncline.dev/v1
kind: Application
metadata: { name: shop.eu, labels: { team: payments } }
spec:
  project: retail
  source: { repository: fleet, ref: main, path: ./apps//shop/ }
  render: { kustomize: {} }
  namespace: shop
  placement:
    clusters: { matchLabels: { tier: production } }
    overrides:
      - match: { matchLabels: { region: eu } }
        substitute: { REGION: eu }
        patches: [{ target: { kind: Deployment }, patch: '- { op: remove, path: /x }' }]
  sync: { mode: approval, prune: { enabled: false, budget: { maxObjects: 3 } } }
  health: { timeout: 1h30m }
`);
    expect(errors).toEqual([]);
    expect(applications[0]?.spec).toMatchObject({
      project: 'retail',
      name: 'shop.eu',
      labels: { team: 'payments' },
      source: { repository: 'fleet', path: 'apps/shop' },
      renderer: 'kustomize',
      namespace: 'shop',
      sync: { mode: 'approval', prune: { enabled: false, budget: { maxObjects: 3, maxPercent: 50 } } },
      health: { timeoutSeconds: 5400 },
    });
    expect(applications[0]?.spec.placement.overrides).toEqual([
      {
        match: { matchLabels: { region: 'eu' } },
        substitute: { REGION: 'eu' },
        patches: [{ target: { kind: 'Deployment' }, patch: '- { op: remove, path: /x }' }],
      },
    ]);
  });

  test.each([
    ['rollout', '  rollout: { waves: [] }\n', ':5 spec.rollout is not carried out by this version.'],
    [
      'dependsOn',
      '  dependsOn: [{ application: database }]\n',
      ':5 spec.dependsOn is not carried out by this version.',
    ],
    [
      'values without a chart',
      '  placement: { overrides: [{ match: {}, values: { a: 1 } }] }\n',
      ':5 spec.placement.overrides[0].values is for charts: name spec.render.helm',
    ],
    [
      'matchExpressions',
      '  placement: { clusters: { matchExpressions: [] } }\n',
      ':5 spec.placement.clusters.matchExpressions is not carried out by this version. Use matchLabels.',
    ],
    [
      'patch files',
      '  placement:\n    overrides:\n      - match: {}\n        patches:\n          - patch: a\n            path: p.yaml\n',
      ':10 spec.placement.overrides[0].patches[0].path is not carried out by this version. Write the patch itself under "patch".',
    ],
    ['a misspelt field', '  placment: {}\n', ':5 unknown field spec.placment. Did you mean "placement"?'],
    [
      'a nested misspelt field',
      '  health:\n    timeuot: 5m\n',
      ':6 unknown field spec.health.timeuot. Did you mean "timeout"?',
    ],
    ['a field like no other', '  colour: red\n', ':5 unknown field spec.colour.'],
    [
      'a mode',
      '  sync: { mode: auto }\n',
      ':5 spec.sync.mode must be one of automatic, approval, observe. Did you mean "automatic"?',
    ],
    [
      'a project',
      '  project: Retail_1\n',
      ':5 spec.project must be a name as Kubernetes takes it: a-z, 0-9, "-" and "."',
    ],
    ['a number for text', '  project: 5\n', ':5 spec.project must be text; quote it'],
    [
      'a duration',
      '  health: { timeout: soon }\n',
      ':5 spec.health.timeout must be a duration such as 90s, 5m or 1h30m',
    ],
    [
      'no duration at all',
      '  health: { timeout: 0s }\n',
      ':5 spec.health.timeout must be a duration such as 90s, 5m or 1h30m',
    ],
    [
      'a percentage',
      '  sync: { prune: { budget: { maxPercent: 101 } } }\n',
      ':5 spec.sync.prune.budget.maxPercent must be between 0 and 100',
    ],
    ['a list for a mapping', '  sync: []\n', ':5 spec.sync must be a mapping'],
    [
      'a substitution that is no text',
      '  placement: { overrides: [{ match: {}, substitute: { A: 1 } }] }\n',
      ':5 spec.placement.overrides[0].substitute.A must be text; quote it',
    ],
    [
      'a name that cannot be substituted',
      '  placement: { overrides: [{ match: {}, substitute: { A-B: x } }] }\n',
      ':5 spec.placement.overrides[0].substitute.A-B cannot be substituted: letters, digits and "_"',
    ],
    [
      'a patch that is no YAML',
      '  placement:\n    overrides:\n      - match: {}\n        patches:\n          - patch: "{a"\n',
      ':9 the patch cannot be read as YAML: line 1: unexpected end of the stream within a flow collection',
    ],
    [
      'a namespace',
      '  namespace: a.b\n',
      ':5 spec.namespace must be the name of a namespace: a-z, 0-9 and "-", at most 63',
    ],
  ])('is refused with its line: %s', (_, fields, error) => {
    expect(errorsOf(`${head}spec:\n${fields}  source: { path: apps/checkout }\n`)).toEqual([error]);
  });

  test.each([
    ['no path', 'source: {}', ':4 spec.source.path is missing'],
    ['a path that climbs out', 'source: { path: ../x }', ':4 spec.source.path "../x" leaves the repository'],
    [
      'a path that climbs out on the way',
      'source: { path: a/../../x }',
      ':4 spec.source.path "a/../../x" leaves the repository',
    ],
    ['an absolute path', 'source: { path: /etc }', ':4 spec.source.path "/etc" leaves the repository'],
    [
      'what Git keeps for itself',
      'source: { path: a/.git/x }',
      ':4 spec.source.path "a/.git/x" leaves the repository',
    ],
    [
      'another repository',
      'source: { repository: other, path: x }',
      ':4 spec.source.repository "other" is another repository than this one ("fleet"), which is not carried out by this version.',
    ],
    [
      'another ref',
      'source: { ref: next, path: x }',
      ':4 spec.source.ref "next" is another ref than the tracked one ("main"), which is not carried out by this version.',
    ],
  ])('is refused for its source: %s', (_, source, error) => {
    expect(errorsOf(`${head}spec: { ${source} }\n`)).toEqual([error]);
  });

  test('whose name has dots needs a namespace of its own', () => {
    const dotted = head.replace('checkout', 'shop.eu');
    expect(errorsOf(`${dotted}spec: { source: { path: x } }\n`)).toEqual([
      ':4 spec.namespace is missing, and "shop.eu" cannot be the name of a namespace',
    ]);
  });

  test('that is declared twice is refused with both places', () => {
    const text = `${head}spec: { source: { path: x } }\n`;
    expect(read(text, `# twice\n${text}`).errors).toEqual([
      {
        file: 'applications/1.yaml',
        line: 2,
        reason: 'application checkout of project default is declared twice, first at applications/0.yaml:1',
      },
    ]);
  });

  test('may stand beside one of its name in another project', () => {
    const text = `${head}spec: { source: { path: x } }\n`;
    expect(read(text, text.replace('spec: {', 'spec: { project: other,')).errors).toEqual([]);
  });

  test('tells all its faults at once, in the order of their lines', () => {
    const text = `${head.replace('checkout', 'Check')}spec:\n  source: {}\n  rollout: {}\n  healht: {}\n`;
    expect(errorsOf(text).map((error) => error.slice(0, 2))).toEqual([':3', ':5', ':6', ':7']);
  });
});

describe('a repository', () => {
  test('may hold anything else: other objects, templates, text that is no YAML', () => {
    const { applications, errors } = read(
      'apiVersion: v1\nkind: Secret\n',
      '{{ if .Values.x }}\na: : b\n{{ end }}',
      '\u0000\u0001',
      'kind: note\ntext: "apiVersion of syncline.dev"\n',
    );
    expect({ applications, errors }).toEqual({ applications: [], errors: [] });
  });

  test('declares in any document of a file, in lists and in JSON', () => {
    const spec = { source: { path: 'x' } };
    const item = (name: string) => ({
      apiVersion: 'syncline.dev/v1',
      kind: 'Application',
      metadata: { name },
      spec,
    });
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item('b'), item('c')] }, null, 1);
    const files = [
      { path: 'a.yml', text: `apiVersion: v1\nkind: ConfigMap\n---\n${head}spec: { source: { path: x } }\n` },
      { path: 'b.json', text: list },
      { path: 'c.txt', text: `${head}spec: { broken: 1 }\n` },
    ];
    const { applications, errors } = readConfiguration(files, repository);
    expect(errors).toEqual([]);
    expect(applications.map((each) => [each.spec.name, each.file, each.line])).toEqual([
      ['checkout', 'a.yml', 4],
      ['b', 'b.json', 5],
      ['c', 'b.json', 17],
    ]);
  });

  test('with a declaration that cannot be parsed has an error, so that nothing counts as removed', () => {
    expect(errorsOf(`${head}spec:\n  source: { path: x\n`)).toEqual([expect.stringMatching(/^:\d+ /)]);
    expect(errorsOf(`${head}kind: Application\n`)).toEqual([':4 a key stands twice in one mapping']);
  });

  test.each([
    ['Policy', ':2 kind Policy is not carried out by this version'],
    ['Freeze', ':2 kind Freeze is not carried out by this version'],
    ['Project', ':2 kind Project is not carried out by this version'],
    ['NotificationSink', ':2 kind NotificationSink is not carried out by this version'],
    ['Aplication', ':2 unknown kind Aplication. Did you mean "Application"?'],
  ])('that declares a %s is refused by name', (kind, error) => {
    expect(errorsOf(head.replace('kind: Application', `kind: ${kind}`))).toEqual([error]);
  });

  test('that speaks a later version of the format is refused', () => {
    expect(errorsOf(head.replace('/v1', '/v2'))).toEqual([
      ':1 apiVersion syncline.dev/v2 is not known to this version, which reads syncline.dev/v1',
    ]);
  });

  test('is read, or refused with a line, whatever stands in the spec', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (spec) => {
        const { applications, errors } = read(`${head}spec: ${JSON.stringify(spec)}\n`);
        expect(applications.length > 0 || errors.length > 0).toBe(true);
        expect(errors.every(({ line, reason }) => line > 0 && reason !== '')).toBe(true);
      }),
    );
  });
});
