import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { eventually, hostile, temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { resolveBinary } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runKustomize } from '../kustomize/run.js';
import { isRenderError, RenderError } from '../render-error.js';
import { render, type RenderInput, type Rendered } from '../render.js';
import { folderTree } from '../tree/folder-tree.js';
import { memoryTree, type MemoryFiles } from '../tree/memory-tree.js';
import { ConfinedProcess } from './confined-process.js';
import { ConfinedRenderer } from './confined-renderer.js';

/** What nothing that a file holds may hold the process up for, on a machine with other work. */
const longestPauseMs = 1_000;
const nowhere = '/nonexistent';

let place: TemporaryFolder;
let kustomize = '';
let confined: ConfinedRenderer;
const ended: string[] = [];
let made = 0;

beforeAll(async () => {
  place = await temporaryFolder('confined');
  kustomize = (await resolveBinary('kustomize')).path;
  confined = new ConfinedRenderer((why) => ended.push(why));
});
afterAll(async () => {
  confined.close();
  await place.remove();
});

const inputOf = (root: string, renderer: RenderInput['spec']['renderer']) => ({
  root,
  spec: { path: 'app', renderer, namespace: 'shop', substitute: {}, patches: [] },
  renderKey: 'key',
  tools: { kustomize, helm: nowhere },
  release: { application: 'app' },
});

const write = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const root = join(place.path, String((made += 1)));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, 'app', path)), { recursive: true });
    await writeFile(join(root, 'app', path), text);
  }
  return root;
};

const refusal = async (work: Promise<unknown>): Promise<RenderError> => {
  const outcome = await work.catch((error: unknown) => error);
  if (isRenderError(outcome)) return outcome;
  throw outcome instanceof Error ? outcome : new Error('it was taken');
};

const renderPlain = (files: MemoryFiles): Promise<Rendered> =>
  confined.render({ ...inputOf(nowhere, 'plain'), tree: memoryTree(files) });

const renderKustomize = async (files: Readonly<Record<string, string>>): Promise<Rendered> => {
  const root = await write(files);
  return confined.render({ ...inputOf(root, 'kustomize'), tree: folderTree(root) });
};

/** The longest time for which this process did nothing else while it waited. */
const longestPause = async (work: Promise<unknown>): Promise<number> => {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  await work;
  delays.disable();
  return delays.max / 1e6;
};

describe('a process of its own', () => {
  test('renders the same as here, Secrets and refusals included', async () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { a: planted }\n';
    const files = { 'app/a.yaml': hostile.configMap('a'), 'app/s.yaml': secret };
    const input = { ...inputOf(nowhere, 'plain'), tree: memoryTree(files) };
    expect(await confined.render(input)).toEqual(await render(input));
    const broken = { 'app/b.yaml': 'a: 1\nb: c: d\n' };
    const error = await refusal(renderPlain(broken));
    expect(error).toMatchObject({ code: 'yaml-invalid', file: 'app/b.yaml', line: 2, retryable: false });
  });

  test.each([
    ...(process.env.SYNCLINE_TEST_FULL === '1' ? (['15 MB of empty lists'] as const) : []),
    'a list of 200,000 objects',
    'four million empty documents',
    'an alias bomb',
  ] as const)('refuses %s by file, while this one goes on', async (name) => {
    const text = hostile.manifests[name]();
    const work = refusal(renderPlain({ 'app/a.yaml': text }));
    expect(await longestPause(work)).toBeLessThan(longestPauseMs);
    const { code, file } = await work;
    expect({ isLimit: code.endsWith('-limit'), file }).toEqual({ isLimit: true, file: 'app/a.yaml' });
  });

  test('is ended where it takes too long, with the file that it was about, and another one follows', async () => {
    const one = new ConfinedProcess((why) => ended.push(why));
    const tree = memoryTree({ 'app/slow.yaml': hostile.manifests['15 MB of small values']() });
    const task = { task: 'render', input: inputOf(nowhere, 'plain') } as const;
    const good = memoryTree({ 'app/a.yaml': hostile.configMap('a') });
    // Once it runs, how long its start takes does not count.
    await one.run({ ...task, tree: good, deadlineMs: 20_000 });
    const error = await refusal(one.run({ ...task, tree, deadlineMs: 1_500 }));
    expect(error).toMatchObject({ code: 'time-limit', file: 'app/slow.yaml', line: 1 });
    expect(ended).toContain('time');
    await expect(one.run({ ...task, tree: good, deadlineMs: 20_000 })).resolves.toMatchObject({
      objects: [{ kind: 'ConfigMap' }],
    });
    one.close();
  });

  test('is ended where it takes too much memory, with the file that it was about', async () => {
    const files = Array.from({ length: 4 }, (_, at) => {
      const items = Array.from({ length: 9_000 }, (_, item) => `{a: ${at}${item}, b: [{}, {}, {}]}`).join(
        ',',
      );
      return [`app/${at}.yaml`, hostile.configMap(`c${at}`, `x: [${items}]\n`.repeat(1))];
    });
    const one = new ConfinedProcess((why) => ended.push(why), { heapMegabytes: 24 });
    const tree = memoryTree(Object.fromEntries(files) as MemoryFiles);
    const task = { task: 'render', input: inputOf(nowhere, 'plain'), tree, deadlineMs: 60_000 } as const;
    const error = await refusal(one.run(task));
    expect(error).toMatchObject({ code: 'memory-limit', line: 1 });
    expect(error.file).toMatch(/^app\/\d\.yaml$/);
    expect(ended).toContain('memory');
    one.close();
  });

  test('hands over no more than whoever asks has time for', async () => {
    const text = (name: string): string =>
      hostile.configMap(name, `data: { a: "${'x'.repeat(6_000_000)}" }\n`);
    const files = ['a', 'b', 'c'].map((name) => [`app/${name}.yaml`, text(name)]);
    const error = await refusal(renderPlain(Object.fromEntries(files) as MemoryFiles));
    expect(error).toMatchObject({
      code: 'object-limit',
      message: expect.stringMatching(/more than 16 MiB/) as string,
    });
  });

  test('stops with its signal', async () => {
    const stopping = new AbortController();
    const tree = memoryTree({ 'app/slow.yaml': hostile.manifests['15 MB of small values']() });
    const input = { ...inputOf(nowhere, 'plain'), tree, signal: stopping.signal };
    const work = refusal(confined.render(input));
    setTimeout(() => stopping.abort(), 300);
    expect((await work).code).toBe('aborted');
  });

  test('ends with whoever started it, however that ends', async () => {
    const door = new URL('../../dist/index.js', import.meta.url).href;
    const script = `
      import { ConfinedRenderer, memoryTree } from ${JSON.stringify(door)};
      const tree = { list: () => new Promise(() => {}), oid: () => {}, read: () => {} };
      new ConfinedRenderer().render({ ...${JSON.stringify(inputOf(nowhere, 'plain'))}, tree });
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const childrenOf = async (pid: number): Promise<readonly string[]> => {
      const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      return listed.split(' ').filter((word) => word !== '');
    };
    const child = await eventually(
      async () => (await childrenOf(parent.pid ?? 0))[0],
      20_000,
      'a process of its own',
    );
    parent.kill('SIGKILL');
    const command = (): Promise<string> => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
    await eventually(async () => (await command()) === '', 20_000, 'the end of that process');
  });
});

describe('kustomize', () => {
  test('that doubles a text forty times is stopped by its memory, not by that of the machine', async () => {
    const error = await refusal(renderKustomize(hostile.doublingReplacements()));
    expect(error).toMatchObject({ code: 'memory-limit' });
  });

  test('that takes twice what lies below, again and again, is stopped by its time', async () => {
    const root = await write(hostile.doublingBases(14));
    const allowed = { renderMs: 1_500, outputBytes: 64 * 1024 * 1024 };
    const run = runKustomize(kustomize, join(root, 'app'), undefined, allowed);
    await expect(run).rejects.toMatchObject({ code: 'time-limit' });
  });

  test('is not asked to follow more than an application may be made from', async () => {
    const many = Array.from({ length: 6_000 }, (_, at) => `- f${at}.yaml\n`).join('');
    const error = await refusal(renderKustomize({ 'kustomization.yaml': `resources:\n${many}` }));
    expect(error).toMatchObject({ code: 'yaml-limit', file: 'app/kustomization.yaml', line: 5_002 });
  });
});

describe('a configuration', () => {
  const declared = (name: string): string =>
    `apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: ${name} }\nspec: { source: { path: . } }\n`;

  test('is read as here', async () => {
    const files = [{ path: 'a.yaml', text: declared('a') }];
    const { applications, errors } = await confined.readConfiguration(files, { name: 'fleet' });
    expect({ names: applications.map(({ spec }) => spec.name), errors }).toEqual({
      names: ['a'],
      errors: [],
    });
  });

  test('names the file that takes too much, among others', async () => {
    const bomb = `${declared('b')}x: [${'[],'.repeat(5_000_000)}]\n`;
    const files = ['a', 'b', 'c'].map((name) => ({
      path: `${name}.yaml`,
      text: name === 'b' ? bomb : declared(name),
    }));
    const { errors } = await confined.readConfiguration(files, { name: 'fleet' });
    expect(errors).toMatchObject([{ file: 'b.yaml', line: 1 }]);
  });
});
