import { workingTree } from '@syncline/render';
import { resolveBinaries } from '@syncline/toolchain';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { firstLayout, styles } from '../init/layout.js';
import { writeLayout } from '../init/write-layout.js';
import { findRoot } from './find-root.js';
import { validateTree, type Validation } from './validation.js';
import { faultLine, validationText } from './validation-text.js';

let kustomize = '';
let helm = '';
let dir = '';

const write = async (path: string, text: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeFile(join(dir, path), text);
};
const validate = (path = ''): Promise<Validation> =>
  validateTree(workingTree(dir), path, { kustomize, helm });
const lines = async (path = ''): Promise<readonly string[]> => (await validate(path)).errors.map(faultLine);
const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;

beforeAll(async () => {
  ({ kustomize, helm } = await resolveBinaries(['kustomize', 'helm']));
});
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'validate-')));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a first layout', () => {
  test.each(styles)('in the style %s is valid, and written once', async (style) => {
    const files = firstLayout('checkout', style);
    expect((await writeLayout(dir, files)).written).toHaveLength(Object.keys(files).length);
    expect(await validate()).toMatchObject({ applications: ['checkout'], errors: [] });
    expect(await writeLayout(dir, files)).toEqual({ written: [], unchanged: Object.keys(files) });
  });

  test('is refused by name where a file differs, and nothing is written', async () => {
    await write('applications/checkout.yaml', 'mine\n');
    await expect(writeLayout(dir, firstLayout('checkout', 'plain'))).rejects.toThrow(
      /applications\/checkout\.yaml/,
    );
    expect(await readdir(dir)).toEqual(['applications']);
  });

  test('does not follow a link out of its folder', async () => {
    const other = await mkdtemp(join(tmpdir(), 'elsewhere-'));
    await symlink(other, join(dir, 'apps'));
    await expect(writeLayout(dir, firstLayout('checkout', 'plain'))).rejects.toThrow(/link/);
    expect(await readdir(other)).toEqual([]);
    await rm(other, { recursive: true });
  });
});

describe('validation', () => {
  test('names file and line of a wrong reference, and what was meant', async () => {
    await writeLayout(dir, firstLayout('checkout', 'kustomize'));
    const file = 'apps/checkout/overlays/production/kustomization.yaml';
    await write(file, 'resources:\n  - ../../bse\n');
    const said = [`${file}:2  resource "../../bse" does not exist. Did you mean "../../base"?`];
    expect(await lines()).toEqual(said);
    expect(await lines('apps/checkout')).toEqual(said);
    expect(validationText(await validate())).toMatch(/1 error\. Nothing was changed\.$/);
  });

  test('renders an application once per override', async () => {
    await write('app/config.yaml', configMap('a'));
    const override = (patch: string): string =>
      `apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: a }\nspec:\n  source: { path: app }\n  placement:\n    clusters: {}\n    overrides:\n      - match: { matchLabels: { region: eu } }\n        patches: [{ target: { kind: ConfigMap, name: a }, patch: '${patch}' }]\n`;
    await write('a.yaml', override('[{"op":"add","path":"/data","value":{"b":"c"}}]'));
    expect((await validate()).renderings).toEqual([
      { what: 'a', objects: 1 },
      { what: 'a', with: 'region=eu', objects: 1 },
    ]);
    await write('a.yaml', override('[{"op":"remove","path":"/absent"}]'));
    expect((await lines())[0]).toMatch(/region=eu/);
  });

  test('renders charts with the values of each override, and names those that lie elsewhere', async () => {
    const declare = (name: string, helm: unknown): string =>
      JSON.stringify({
        ...{ apiVersion: 'syncline.dev/v1', kind: 'Application', metadata: { name } },
        spec: {
          source: { path: 'app' },
          render: { helm },
          placement: { overrides: [{ match: { matchLabels: { region: 'eu' } }, values: { size: 'none' } }] },
        },
      });
    await write('a.yaml', declare('a', { chart: '../chart', values: { size: 'small' } }));
    await write('b.yaml', declare('b', { chart: 'oci://registry.example/web', version: '1.x' }));
    await write('chart/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 1.0.0\n');
    await write('chart/templates/web.yaml', configMap('{{ .Values.size }}'));
    expect(await validate()).toMatchObject({
      applications: ['a', 'b'],
      elsewhere: ['oci://registry.example/web@1.x'],
      renderings: [
        { what: 'a', objects: 1 },
        { what: 'a', with: 'region=eu', objects: 1 },
      ],
      errors: [],
    });
    const refuse = '{{ if eq .Values.size "none" }}{{ fail "no size" }}{{ end }}\n';
    await write('chart/templates/check.yaml', refuse);
    expect(await lines()).toEqual([
      'chart/templates/check.yaml:1  helm: execution error at (web/templates/check.yaml:1:34): no size (on clusters with region=eu)',
    ]);
    await write('chart/templates/check.yaml', '');
    expect((await validate('chart')).renderings).toEqual([]);
    expect((await lines('chart'))[0]).toMatch(/^chart\/templates\/web.yaml:1 .*has no metadata.name/);
  });

  test('renders plain manifests, and one file of them alone', async () => {
    await write('a.yaml', configMap('a'));
    await write('b.yaml', configMap('b'));
    expect((await validate()).renderings).toEqual([{ what: '.', objects: 2 }]);
    expect((await validate('b.yaml')).renderings).toEqual([{ what: 'b.yaml', objects: 1 }]);
  });

  test('says of every application what is wrong with it', async () => {
    await write('a.yaml', 'apiVersion: syncline.dev/v1\nkind: Aplication\nmetadata: { name: a }\n');
    await write(
      'b.yaml',
      'apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: b }\nspec: { source: { path: none } }\n',
    );
    const said = await lines();
    expect(said[0]).toMatch(/^a\.yaml:2 {2}unknown kind Aplication\. Did you mean "Application"\?$/);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/^b\.yaml:/);
  });
});

describe('a hostile tree', () => {
  const level = (at: number): string =>
    `l${at}: &l${at} [${Array<string>(9)
      .fill(`*l${at - 1}`)
      .join(',')}]`;
  const bomb = `l0: &l0 [x]\n${Array.from({ length: 9 }, (_, at) => level(at + 1)).join('\n')}\n`;
  const cases: readonly [string, string | Uint8Array, RegExp][] = [
    ['invalid UTF-8', new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]), /x\.yaml:1 {2}is not UTF-8/],
    ['50,000 documents', '---\na: b\n'.repeat(50_000), /x\.yaml:10001 {2}more than 5000 documents/],
    ['an alias bomb', bomb, /x\.yaml:\d+ {2}/],
    ['a huge file', Buffer.alloc(17 * 1024 * 1024, 'a'), /x\.yaml:1 {2}larger than 16 MiB/],
  ];
  test.each(cases)('with %s is refused by name', async (_, content, said) => {
    await write('x.yaml', content);
    expect((await lines()).join('\n')).toMatch(said);
  });

  test('with a link out of it is refused by name, and nothing of what lies there is shown', async () => {
    const outside = `${dir}.secret.yaml`;
    await writeFile(outside, configMap('planted'));
    await write('a.yaml', configMap('a'));
    await symlink(outside, join(dir, 'x.yaml'));
    expect(await lines()).toEqual(['x.yaml:1  is a symbolic link, which is not followed.']);
    await rm(outside);
  });

  test('reached through a linked folder does not exist', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'elsewhere-'));
    await writeFile(join(outside, 'kustomization.yaml'), 'resources: []\n');
    await symlink(outside, join(dir, 'base'));
    await write('over/kustomization.yaml', 'resources:\n  - ../base\n');
    expect((await lines('over'))[0]).toMatch(/over\/kustomization\.yaml:2 .*symbolic link/);
    await rm(outside, { recursive: true });
  });

  test('with a pipe does not wait for its writer', async () => {
    execFileSync('mkfifo', [join(dir, 'x.yaml')]);
    await expect(workingTree(dir).read('x.yaml')).rejects.toThrow(/no plain file/);
  });
});

describe('the root of a tree', () => {
  test('is the Git working tree around it, and of a repository within another where its paths are found', async () => {
    await mkdir(join(dir, '.git'));
    await write('apps/a/x.yaml', configMap('a'));
    expect(await findRoot(join(dir, 'apps/a'), '/')).toEqual({ root: dir, path: 'apps/a' });
    for (const [path, text] of Object.entries(firstLayout('b', 'plain')))
      await write(`examples/${path}`, text);
    expect(await findRoot(join(dir, 'examples'), '/')).toEqual({ root: join(dir, 'examples'), path: '' });
    expect(await findRoot(join(dir, 'examples/applications'), '/')).toMatchObject({ path: 'applications' });
  });

  test('of nothing is refused', async () => {
    await expect(findRoot(join(dir, 'none'), dir)).rejects.toThrow(/does not exist/);
  });
});
