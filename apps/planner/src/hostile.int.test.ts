import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { subjects } from '@syncline/events';
import { hostile } from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { application, configMap } from './testing/files.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const longestPauseMs = 1_000;
const good = ['checkout', 'ledger'];
const completed = [
  'ApplicationDeclared',
  'RolloutStarted',
  'WaveOpened',
  'WaveCompleted',
  'RolloutCompleted',
];
const appOf = (name: string) => subjects.application('default', name);
const planOf = (name: string) => subjects.plan('staging', 'default', name);

let world: PlannerWorld;

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(), ['staging']);
  await world.joins('staging', {});
  await world.registers(['apps']);
  await world.start();
});
afterEach(() => world.close());

type Files = Readonly<Record<string, string>>;
const overlay = (text: string): Files => ({ 'kustomization.yaml': text, 'a.yaml': hostile.configMap('a') });
const plain = (name: keyof typeof hostile.manifests): Files => ({ 'a.yaml': hostile.manifests[name]() });

const lfsPointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 7\n`;

/** What an application's folder holds, and where its refusal points to. */
const applications: Readonly<Record<string, readonly [files: Files, place: string, reason: RegExp]>> = {
  lfs: [{ 'a.yaml': lfsPointer }, 'lfs/a.yaml:1', /is a Git LFS pointer/],
  bomb: [plain('an alias bomb'), 'bomb/a.yaml:7', /unfolds to more than/],
  documents: [plain('50,000 documents'), 'documents/a.yaml:25001', /more than 5000 documents/],
  list: [plain('a list of 20,000 objects'), 'list/a.yaml:1', /more than 10000 objects/],
  deep: [plain('100,000 levels of mappings'), 'deep/a.yaml:1', /nesting/],
  keys: [plain('a key that stands twice'), 'keys/a.yaml:7', /a key stands twice/],
  twice: [plain('one object twice'), 'twice/a.yaml:6', /declared twice, first at twice\/a.yaml:1/],
  name: [plain('a name that leads up'), 'name/a.yaml:1', /no name of an object/],
  escape: [plain('a name with an escape'), 'escape/a.yaml:1', /no name of an object/],
  exec: [
    {
      ...overlay('resources: [a.yaml]\ngenerators: [plugin.yaml]\n'),
      'plugin.yaml': 'apiVersion: example.com/v1\nkind: Exec\nmetadata: { name: x }\n',
    },
    'exec/plugin.yaml:2',
    /only kustomize's own plugins/,
  ],
  container: [
    {
      ...overlay('resources: [a.yaml]\ntransformers: [plugin.yaml]\n'),
      'plugin.yaml':
        'apiVersion: builtin\nkind: LabelTransformer\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: "container: {image: x}"\n',
    },
    'container/plugin.yaml:5',
    /functions are not run/,
  ],
  http: [overlay('resources:\n- https://example.com/a.yaml\n'), 'http/kustomization.yaml:2', /is remote/],
  git: [overlay('resources:\n- a.yaml\n- git@example.com:a/b\n'), 'git/kustomization.yaml:3', /is remote/],
  outside: [overlay('resources: [../../../etc]\n'), 'outside/kustomization.yaml:1', /leaves the repository/],
  cycle: [overlay('resources: [../cycle]\n'), 'cycle/kustomization.yaml:1', /leads back/],
  inflated: [overlay('helmCharts:\n- name: x\n'), 'inflated/kustomization.yaml:1', /charts are not inflated/],
  doubled: [hostile.doublingReplacements(), 'doubled/kustomization.yaml:1', /more memory than/],
};

const pushAll = async (): Promise<void> => {
  const files: Record<string, string> = {};
  for (const name of good) files[`${name}/a.yaml`] = configMap('a', { size: '1' });
  for (const [name, [own]] of Object.entries(applications))
    for (const [path, text] of Object.entries(own)) files[`${name}/${path}`] = text;
  for (const name of [...good, ...Object.keys(applications), 'link', 'latin', 'large'])
    files[`apps/${name}.yaml`] = application(name, name);
  files['link/b.yaml'] = configMap('b', {});
  files['latin/b.yaml'] = configMap('b', {});
  files['large/b.yaml'] = hostile.manifests['100 MB of YAML']();
  await world.git.commit('files', files);
  await symlink('/etc/passwd', join(world.git.dir, 'link/a.yaml'));
  await writeFile(join(world.git.dir, 'latin/a.yaml'), hostile.latin1Manifest());
  await world.push('hostile', {});
};

const refusalOf = async (name: string): Promise<{ place: string; reason: string }> => {
  const { data } = await world.reaches(planOf(name), 'RenderFailed');
  const { file, line, reason } = data as { file?: string; line?: number; reason: string };
  return { place: file === undefined ? '-' : `${file}:${line}`, reason };
};

describe('a repository of hostile applications', () => {
  it('holds up none of the others, nor the planner, and each says its file and line', async () => {
    const delays = monitorEventLoopDelay({ resolution: 10 });
    delays.enable();
    await pushAll();
    delays.reset();
    for (const name of good) await world.settles(appOf(name), ...completed);
    for (const [name, [, place, reason]] of Object.entries(applications)) {
      const refusal = await refusalOf(name);
      expect({ name, ...refusal }).toEqual({ name, place, reason: expect.stringMatching(reason) as string });
      expect(refusal.reason).toMatch(/^\P{C}{1,500}$/u);
    }
    expect(await refusalOf('link')).toMatchObject({ place: 'link/a.yaml:1' });
    expect(await refusalOf('latin')).toEqual({ place: 'latin/a.yaml:4', reason: 'is not UTF-8' });
    expect(await refusalOf('large')).toMatchObject({ place: 'large/b.yaml:1' });
    delays.disable();
    expect(delays.max / 1e6).toBeLessThan(longestPauseMs);
  });
});

describe('folders that stand for ten thousand million files', () => {
  const bombIn = async (path: string): Promise<void> => {
    const objects = new hostile.RawObjects(join(world.git.dir, '.git'));
    const tree = (name: string): string => objects.folder({ [`${name}.yaml`]: application(name, name) });
    const bomb = hostile.treeBomb(objects);
    const checkout = objects.folder({ 'a.yaml': configMap('a', {}) });
    const apps = path === 'apps' ? bomb : tree('checkout');
    const entries = [
      hostile.folder('apps', apps),
      hostile.folder('checkout', path === 'checkout' ? bomb : checkout),
    ];
    const root = objects.tree(entries);
    await world.detect({ revision: objects.commit(root), tree: root, parents: [] });
  };

  it('are refused where an application is rendered from them', async () => {
    await bombIn('checkout');
    const { data } = await world.reaches(planOf('checkout'), 'RenderFailed');
    expect(data).toMatchObject({ reason: expect.stringMatching(/more than \d+ files/) as string });
  });

  it('are refused where they would be searched for declarations', async () => {
    await bombIn('apps');
    const { data } = await world.reaches(subjects.configuration('fleet'), 'ConfigurationRejected');
    expect(data).toMatchObject({
      errors: [{ reason: expect.stringMatching(/more than 500000 files/) as string }],
    });
  });
});

describe('a file that declares', () => {
  const declared = application('checkout', 'checkout');

  it.each([
    ['an alias bomb', `${declared}---\n${hostile.manifests['an alias bomb']()}`],
    ['a path out of the repository', declared.replace('"path": "checkout"', '"path": "../../etc"')],
    ['a key that stands twice', `${declared.trimEnd()}\n  project: a\n  project: b\n`],
  ])('and holds %s changes nothing, and says where', async (_, text) => {
    await world.push('good', { 'apps/checkout.yaml': declared, 'checkout/a.yaml': configMap('a', {}) });
    await world.settles(appOf('checkout'), ...completed);
    await world.push('bad', { 'apps/checkout.yaml': text });
    const { data } = await world.reaches(subjects.configuration('fleet'), 'ConfigurationRejected');
    expect(data).toMatchObject({ errors: [{ file: 'apps/checkout.yaml' }] });
    expect(await world.types(appOf('checkout'))).toEqual(completed);
  });

  it.each([
    ['no UTF-8', Buffer.concat([Buffer.from(declared), Buffer.from('# caf\u00e9\n', 'latin1')])],
    ['a pointer of Git LFS', Buffer.from(lfsPointer)],
    ['too large to be read', Buffer.concat([Buffer.from(declared), Buffer.alloc(17 * 1024 * 1024, '#\n')])],
  ])('and then is %s is refused, not taken for gone', async (_, bytes) => {
    await world.push('good', { 'apps/checkout.yaml': declared, 'checkout/a.yaml': configMap('a', {}) });
    await world.settles(appOf('checkout'), ...completed);
    await writeFile(join(world.git.dir, 'apps/checkout.yaml'), bytes);
    await world.push('bad', {});
    const { data } = await world.reaches(subjects.configuration('fleet'), 'ConfigurationRejected');
    expect(data).toMatchObject({ errors: [{ file: 'apps/checkout.yaml' }] });
  });
});
