import { describe, expect, test } from 'vitest';

import { memoryTree, type MemoryFiles } from '../tree/memory-tree.js';
import { walkKustomization } from './graph.js';

const object = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
const around: MemoryFiles = {
  'app/base/kustomization.yaml': 'resources: [config.yaml]\n',
  'app/base/config.yaml': object,
  'app/lib/kustomization.yaml': 'kind: Component\npatches: [{ path: p.yaml }]\n',
  'app/lib/p.yaml': object,
  'app/prod/own.yaml': object,
  'app/prod/settings.env': 'A=1\n',
  'app/prod/linked.yaml': { kind: 'link' },
  'app/prod/module': { kind: 'submodule' },
};
const walk = (kustomization: string, more: MemoryFiles = {}) =>
  walkKustomization(
    memoryTree({ ...around, 'app/prod/kustomization.yaml': kustomization, ...more }),
    'app/prod',
  );
const faultsOf = async (kustomization: string, more: MemoryFiles = {}): Promise<string[]> =>
  (await walk(kustomization, more)).faults.map(
    ({ code, file, line, message }) => `${code} ${file?.replace('app/prod/', '')}:${line} ${message}`,
  );

describe('a kustomization', () => {
  test('is followed through bases, components, files and generators', async () => {
    const graph = await walk(`
resources: [../base, own.yaml]
components: [../lib]
configMapGenerator: [{ name: a, envs: [settings.env], files: [key=own.yaml] }]
`);
    expect(graph.faults).toEqual([]);
    expect([...graph.paths].sort()).toEqual(
      ['app/base', 'app/base/config.yaml', 'app/lib', 'app/lib/p.yaml', 'app/prod', 'app/prod/own.yaml', 'app/prod/settings.env'], // prettier-ignore
    );
    expect(graph.objectFiles).toEqual(['app/base/config.yaml', 'app/prod/own.yaml']);
  });

  test.each([
    [
      'a folder that is not there',
      '# x\nresources:\n  - own.yaml\n  - ../bse\n',
      'reference-missing kustomization.yaml:4 resource "../bse" does not exist. Did you mean "../base"?',
    ],
    [
      'a file that is not there',
      'resources: [onw.yaml]\n',
      'reference-missing kustomization.yaml:1 resource "onw.yaml" does not exist. Did you mean "own.yaml"?',
    ],
    [
      'a name that is wrong in the middle',
      'resources:\n- ../bas/config.yaml\n',
      'reference-missing kustomization.yaml:2 resource "../bas/config.yaml" does not exist. Did you mean "../base/config.yaml"?',
    ],
    [
      'what is like nothing there',
      'components: [../zzzzzz]\n',
      'reference-missing kustomization.yaml:1 component "../zzzzzz" does not exist.',
    ],
    [
      'a file from outside',
      'resources: [../base/config.yaml]\n',
      `reference-outside kustomization.yaml:1 resource "../base/config.yaml" is a file outside of its kustomization's folder`,
    ],
    [
      'a way out of the repository',
      'resources: [../../../x]\n',
      'reference-outside kustomization.yaml:1 resource "../../../x" leaves the repository',
    ],
    [
      'a link',
      'resources: [linked.yaml]\n',
      'link-refused kustomization.yaml:1 resource "linked.yaml" is a symbolic link, which is not followed',
    ],
    [
      'a submodule',
      'resources: [module]\n',
      'link-refused kustomization.yaml:1 resource "module" is a submodule, which is not followed',
    ],
    [
      'itself',
      'resources: [.]\n',
      'reference-cycle kustomization.yaml:1 resource "." leads back to a folder that leads here',
    ],
    [
      'a file for a component',
      'components: [own.yaml]\n',
      'reference-missing kustomization.yaml:1 component "own.yaml" is a file, not a folder',
    ],
    [
      'a folder for a patch',
      'patches: [{ path: ../base }]\n',
      'reference-missing kustomization.yaml:1 patch "../base" is a folder, not a file',
    ],
    [
      'a misspelt field',
      'resources: []\nimagess: []\n',
      'kustomization-invalid kustomization.yaml:2 unknown field "imagess" in a kustomization. Did you mean "images"?',
    ],
    [
      'a field in capitals, which kustomize would take',
      'RESOURCES: []\n',
      'kustomization-invalid kustomization.yaml:1 unknown field "RESOURCES" in a kustomization. Did you mean "resources"?',
    ],
    [
      'another kind',
      'kind: ConfigMap\n',
      'kustomization-invalid kustomization.yaml:1 kind must be Kustomization or Component',
    ],
    [
      'a second document',
      'resources: []\n---\nresources: []\n',
      'kustomization-invalid kustomization.yaml:3 a kustomization is one document, here is a second',
    ],
    ['a list', '- a\n', 'kustomization-invalid kustomization.yaml:1 a kustomization must be a mapping'],
    ['no YAML', 'resources: [\n', expect.stringMatching(/^yaml-invalid kustomization.yaml:\d /)],
    [
      'a chart',
      'helmCharts: [{ name: x }]\n',
      'helm-unsupported kustomization.yaml:1 helmCharts: charts are not inflated by this version',
    ],
    [
      'a patch that is no YAML',
      'patches:\n- patch: "{secret: hunter2"\n',
      'kustomization-invalid kustomization.yaml:2 the patch cannot be read as YAML: its line 1: unexpected end of the stream within a flow collection',
    ],
    [
      'a literal without a key',
      'secretGenerator:\n- name: a\n  literals:\n  - hunter2\n',
      'kustomization-invalid kustomization.yaml:4 a literal must be written as key=value',
    ],
  ])('is refused with its line for %s', async (_, kustomization, fault) => {
    expect(await faultsOf(kustomization)).toEqual([fault]);
  });

  test.each([
    ['resources: ["https://example.org/a.yaml"]'],
    ['resources: ["git@example.org:a/b.git"]'],
    ['resources: ["github.com/a/b//deploy?ref=v1"]'],
    ['resources: ["git::https://example.org/a"]'],
    ['resources: ["ssh://git@example.org/a"]'],
    ['resources: ["file:///etc"]'],
    ['bases: ["example.org/a?ref=main"]'],
    ['components: ["https://example.org/a"]'],
    ['crds: ["https://example.org/a.json"]'],
    ['openapi: { path: "https://example.org/a.json" }'],
    ['configurations: ["https://example.org/a.yaml"]'],
    ['patches: [{ path: "https://example.org/a.yaml" }]'],
    ['patches: [{ PATH: "https://example.org/a.yaml" }]'],
    ['patchesStrategicMerge: ["https://example.org/a.yaml"]'],
    ['patchesJson6902: [{ path: "https://example.org/a.yaml" }]'],
    ['replacements: [{ path: "https://example.org/a.yaml" }]'],
    ['configMapGenerator: [{ name: a, files: ["k=https://example.org/a"] }]'],
    ['configMapGenerator: [{ name: a, env: "https://example.org/a" }]'],
    ['secretGenerator: [{ name: a, Files: ["https://example.org/a"] }]'],
    ['secretGenerator: [{ name: a, envs: ["https://example.org/a"] }]'],
    ['transformers: ["https://example.org/a.yaml"]'],
  ])('never fetches: %s', async (kustomization) => {
    const [fault, ...rest] = await faultsOf(kustomization);
    expect(fault).toMatch(
      /^remote-refused kustomization.yaml:1 .* is remote; what is deployed must stand in the repository$/,
    );
    expect(rest).toEqual([]);
  });

  test.each([
    [
      'a plugin of its own',
      'generators: [g.yaml]',
      'apiVersion: example.org/v1\nkind: Gen\n',
      'plugin-refused',
    ],
    [
      'a function',
      'transformers: [g.yaml]',
      'apiVersion: builtin\nkind: PrefixTransformer\nmetadata: { annotations: { config.kubernetes.io/function: x } }\n',
      'plugin-refused',
    ],
    [
      'a chart',
      'generators: [g.yaml]',
      'apiVersion: builtin\nkind: HelmChartInflationGenerator\n',
      'helm-unsupported',
    ],
    ['a folder of plugins', 'validators: [../base]', '', 'plugin-refused'],
    ['an inline plugin', 'generators: ["apiVersion: v1\\nkind: Gen"]', '', 'plugin-refused'],
    [
      'a remote file of a plugin',
      'generators: [g.yaml]',
      'apiVersion: builtin\nkind: ConfigMapGenerator\nfiles: ["https://example.org/a"]\n',
      'remote-refused',
    ],
  ])('runs nothing: %s', async (_, kustomization, plugin, code) => {
    const { faults } = await walk(kustomization, { 'app/prod/g.yaml': plugin });
    expect(faults.map((fault) => fault.code)).toEqual([code]);
  });

  test("may use kustomize's own plugins", async () => {
    const plugin = 'apiVersion: builtin\nkind: PrefixTransformer\nmetadata: { name: p }\nprefix: x-\n';
    expect(await faultsOf('transformers: [g.yaml]', { 'app/prod/g.yaml': plugin })).toEqual([]);
  });

  test('stands alone in its folder', async () => {
    expect(await faultsOf('resources: []', { 'app/prod/kustomization.yml': '' })).toEqual([
      'kustomization-invalid kustomization.yaml:1 app/prod holds both kustomization.yaml and kustomization.yml',
    ]);
  });
});
