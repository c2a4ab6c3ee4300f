import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  openMirror,
  openObjectCache,
  openRemote,
  type ConcreteRef,
  type Mirror,
  type ObjectCache,
} from '../index.js';
import { answering, asking, startForge } from './forge.js';
import { gitIn, openWorkPlace, type Clone, type WorkPlace } from './work-place.js';

const main: ConcreteRef = { kind: 'branch', name: 'main' };
let place: WorkPlace;
let made = 0;

beforeAll(async () => {
  place = await openWorkPlace();
});
afterAll(() => place.close());

const newFolder = (): string => join(place.path, 'made', String((made += 1)));
const newMirror = (): Promise<Mirror> => openMirror(newFolder());

/** What a revision holds, path by path, as an object cache has it. */
const contentsOf = async (cache: ObjectCache, revision: string): Promise<Record<string, string>> => {
  const entries = await cache.readTree(revision, '', { recursive: true });
  const files = entries.filter(({ type }) => type === 'blob');
  const texts = await Promise.all(
    files.map(async ({ oid }) => Buffer.from(await cache.readBlob(oid)).toString()),
  );
  return Object.fromEntries(files.map(({ path }, index) => [path, texts[index] ?? '']));
};

const contentsIn = async (clone: Clone, revision: string): Promise<Record<string, string>> => {
  const paths = (await clone.git('ls-tree', '-r', '--name-only', revision)).split('\n');
  const texts = paths.map((path) =>
    execFileSync('git', ['-C', clone.dir, 'cat-file', 'blob', `${revision}:${path}`]).toString(),
  );
  return Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? '']));
};

describe.each([
  ['over HTTP', (name: string) => place.httpUrl(name)],
  ['from a folder', (name: string) => place.fileUrl(name)],
])('a mirror fetched %s', (how, urlOf) => {
  const nameOf = (name: string): string => `${name}-${how.replaceAll(' ', '-').toLowerCase()}`;

  test('holds the commit alone at first, and the history from there on', async () => {
    const name = nameOf('history');
    const clone = await place.create(name);
    const old = await clone.git('rev-parse', 'HEAD');
    const first = await clone.commit({ 'app.yaml': 'replicas: 2\n' });
    await clone.push();
    const [mirror, remote] = [await newMirror(), openRemote({ url: urlOf(name) })];
    expect(await remote.fetch(main, mirror)).toBe(first);
    expect(await mirror.hasCommit(old)).toBe(false);
    await clone.commit({ 'app.yaml': 'replicas: 3\n' });
    const head = await clone.commit({ 'app.yaml': 'replicas: 4\n' }, 'Four\n\nbecause of load');
    await clone.push();
    expect(await remote.fetch(main, mirror)).toBe(head);
    expect(await mirror.isAncestor(first, head)).toBe(true);
    expect(await mirror.isAncestor(head, first)).toBe(false);
    expect(await mirror.readCommit(head)).toMatchObject({
      parents: [await clone.git('rev-parse', 'HEAD~1')],
      tree: await clone.git('rev-parse', 'HEAD^{tree}'),
      author: { name: 'Ada Lovelace', email: 'ada@example.com' },
      message: 'Four\n\nbecause of load\n',
    });
    const whole = await newMirror();
    await remote.fetch(main, whole, { history: true });
    expect(await whole.hasCommit(old)).toBe(true);
  });

  test('gives packs from which every revision can be read, whatever was pushed between', async () => {
    const name = nameOf('packs');
    const clone = await place.create(name);
    const [mirror, remote] = [await newMirror(), openRemote({ url: urlOf(name) })];
    const cache = await openObjectCache(newFolder());
    let base: string | undefined;
    const take = async (): Promise<string> => {
      const head = await remote.fetch(main, mirror);
      const hasBase = base !== undefined && (await mirror.hasCommit(base));
      await cache.importPack(await mirror.makePack({ head, ...(hasBase && base !== undefined && { base }) }));
      base = head;
      expect(await contentsOf(cache, head)).toEqual(await contentsIn(clone, head));
      return head;
    };
    await clone.commit({ 'a/one': '1', 'a/two': '2', 'b/three': '3' });
    await clone.push();
    const first = await take();
    await clone.git('rm', '-r', '--quiet', 'a');
    const middle = await clone.commit({ 'c/four': '4' });
    await clone.git('checkout', '--quiet', first, '--', 'a');
    await clone.commit({ 'c/four': '5' });
    await clone.push();
    await take();
    expect(await contentsOf(cache, middle)).toEqual(await contentsIn(clone, middle));
    await clone.git('checkout', '--quiet', '-b', 'side', `${first}~1`);
    await clone.commit({ 'side/file': 'side' });
    await clone.git('checkout', '--quiet', 'main');
    await clone.git('merge', '--quiet', '--no-edit', 'side');
    await clone.push();
    await take();
    await clone.git('reset', '--quiet', '--hard', `${first}~1`);
    await clone.push('--force', 'main');
    expect(await take()).toBe(await clone.git('rev-parse', `${first}~1`));
    await cache.close();
  });
});

describe('a mirror', () => {
  test('tells what the new commits say they revert', async () => {
    const clone = await place.create('reverts');
    const [mirror, remote] = [await newMirror(), openRemote({ url: place.fileUrl('reverts') })];
    const base = await remote.fetch(main, mirror);
    const [one, two] = [await clone.commit({ a: '1' }), await clone.commit({ b: '2' })];
    await clone.git('revert', '--no-edit', two, one);
    await clone.push();
    const head = await remote.fetch(main, mirror);
    expect(new Set(await mirror.readReverts(head, base))).toEqual(new Set([one, two]));
    expect(await mirror.readReverts(head)).toEqual([one]);
  });

  test('gives equal packs for equal input, and leaves out files that are not included', async () => {
    const clone = await place.create('include');
    await clone.commit({
      'deploy/a.yaml': 'a',
      'deploy/deep/b.yaml': 'b',
      'src/main.c': 'c',
      'README.md': 'd',
    });
    await clone.push();
    const mirror = await newMirror();
    const head = await openRemote({ url: place.fileUrl('include') }).fetch(main, mirror);
    expect(await mirror.makePack({ head })).toEqual(await mirror.makePack({ head }));
    const cache = await openObjectCache(newFolder());
    await cache.importPack(await mirror.makePack({ head, include: ['deploy/', '*.md'] }));
    const held = await Promise.all(
      (await cache.readTree(head, '', { recursive: true }))
        .filter(({ type }) => type === 'blob')
        .map(async ({ oid, path }) => [path, await cache.has(oid)]),
    );
    expect(Object.fromEntries(held)).toEqual({
      'README.md': true,
      'app.yaml': false,
      'deploy/a.yaml': true,
      'deploy/deep/b.yaml': true,
      'src/main.c': false,
    });
    await cache.close();
  });

  test('fetches of the files only those that are included, and the same pack comes of it', async () => {
    const clone = await place.create('partial');
    await gitIn(place.bareOf('partial'), 'config', 'uploadpack.allowFilter', 'true');
    const noise = () => randomBytes(150_000).toString('base64');
    await clone.commit({ 'deploy/a.yaml': 'a', 'deploy/deep/b.yaml': 'b', 'src/large': noise() });
    await clone.push();
    const forge = await startForge(place.httpUrl('partial'));
    const bytes = () => forge.seen.reduce((sum, { answered }) => sum + answered, 0);
    const remote = openRemote({ url: forge.urlOf(place.httpUrl('partial')) });
    const [mirror, whole] = [await newMirror(), await newMirror()];
    const include = ['deploy/'];
    const take = async (base?: string): Promise<string> => {
      const before = bytes();
      const head = await remote.fetch(main, mirror, { include, history: base !== undefined });
      expect(bytes() - before).toBeLessThan(20_000);
      await remote.fetch(main, whole, { history: base !== undefined });
      const options = { head, include, ...(base !== undefined && { base }) };
      const cache = await openObjectCache(newFolder());
      if (base !== undefined) await cache.importPack(await mirror.makePack({ head: base, include }));
      await cache.importPack(await mirror.makePack(options));
      const files = (await cache.readTree(head, 'deploy', { recursive: true })).filter(
        ({ type }) => type === 'blob',
      );
      for (const { oid } of files) expect(await cache.has(oid)).toBe(true);
      expect((await mirror.makePack(options)).length).toBe((await whole.makePack(options)).length);
      await cache.close();
      return head;
    };
    const first = await take();
    await clone.commit({ 'src/large': noise() });
    await clone.commit({ 'deploy/a.yaml': 'changed', 'src/other': noise() });
    await clone.push();
    await take(first);
    await forge.close();
  });

  test('fetches everything where a server cannot leave out files, and still packs what is included', async () => {
    const clone = await place.create('unfiltered');
    await clone.commit({ 'deploy/a.yaml': 'a', 'src/main.c': 'c' });
    await clone.push();
    for (const urlOf of [place.httpUrl, place.fileUrl]) {
      const mirror = await newMirror();
      const head = await openRemote({ url: urlOf('unfiltered') }).fetch(main, mirror, {
        include: ['deploy/'],
      });
      expect((await mirror.makePack({ head, include: ['deploy/'] })).length).toBeGreaterThan(100);
    }
  });

  test('refuses a pack and a fetch beyond their limits, in a sentence', async () => {
    const clone = await place.create('large');
    await clone.commit({ 'large.bin': randomBytes(3_000_000).toString('base64') });
    await clone.push();
    const mirror = await newMirror();
    const head = await openRemote({ url: place.fileUrl('large') }).fetch(main, mirror);
    const packed = mirror.makePack({ head, maxBytes: 1_000_000 });
    await expect(packed).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringMatching(/include/) as string,
    });
  });

  test('keeps few packs however often it is fetched into', async () => {
    const clone = await place.create('often');
    const [mirror, remote] = [await newMirror(), openRemote({ url: place.fileUrl('often') })];
    const first = await remote.fetch(main, mirror);
    for (let index = 0; index < 33; index += 1)
      execFileSync(
        'git',
        ['-c', 'fastimport.unpackLimit=0', '--git-dir', mirror.dir, 'fast-import', '--quiet'],
        {
          input: `blob\ndata <<END\n${String(index)}\nEND\n`,
        },
      );
    const packs = async () =>
      (await readdir(join(mirror.dir, 'objects', 'pack'))).filter((name) => name.endsWith('.pack')).length;
    expect(await packs()).toBe(34);
    const head = await clone.commit({ a: '1' });
    await clone.push();
    expect(await remote.fetch(main, mirror, { history: true })).toBe(head);
    expect(await packs()).toBeLessThan(5);
    expect(await mirror.isAncestor(first, head)).toBe(true);
  });

  test('is used again after a fetch was killed in the middle of it', async () => {
    const clone = await place.create('interrupted');
    const dir = newFolder();
    const remote = openRemote({ url: place.fileUrl('interrupted') });
    await remote.fetch(main, await openMirror(dir));
    for (const left of ['shallow.lock', 'refs/tracked/head.lock', 'config.lock', 'objects/pack/tmp_pack_x'])
      await writeFile(join(dir, left), 'half');
    const head = await clone.commit({ a: '1' });
    await clone.push();
    expect(await remote.fetch(main, await openMirror(dir))).toBe(head);
    expect(await readdir(join(dir, 'objects', 'pack'))).not.toContain('tmp_pack_x');
  });

  test('runs nothing that a repository or a user brings', async () => {
    const mirror = await newMirror();
    await place.create('hooks');
    await openRemote({ url: place.fileUrl('hooks') }).fetch(main, mirror);
    expect(await readdir(mirror.dir)).not.toContain('hooks');
  });
});

describe('a fetch', () => {
  test('is slow, refused or gone as a listing is, and never tells the credential', async () => {
    await place.create('private');
    const forge = await startForge(place.httpUrl('private'));
    const url = forge.urlOf(place.httpUrl('private'));
    const credential = { username: 'ada', password: 'planted-hunter2' };
    const failure = async (limits = {}) => {
      const failed = openRemote({ url, credential, limits }).fetch(main, await newMirror());
      return (await failed.catch((error: unknown) => error)) as Error & { code: string };
    };
    forge.setFault(asking('ada', 'another'));
    const refused = await failure();
    expect(refused).toMatchObject({ code: 'refused' });
    expect(`${refused.message}${refused.stack ?? ''}`).not.toContain('hunter2');
    forge.setFault(answering(404));
    expect(await failure()).toMatchObject({ code: 'gone' });
    forge.setFault(() => true);
    expect(await failure({ fetchMs: 500 })).toMatchObject({ code: 'slow' });
    forge.setFault(asking('ada', 'planted-hunter2'));
    expect(await openRemote({ url, credential }).fetch(main, await newMirror())).toMatch(/^[0-9a-f]{40}$/);
    await forge.close();
  });

  test('shows its credential neither in arguments nor in what lies on the disk', async () => {
    await place.create('watched');
    const forge = await startForge(place.httpUrl('watched'));
    const commandLines: string[] = [];
    forge.setFault((incoming, outgoing) => {
      commandLines.push(execFileSync('ps', ['-eo', 'args']).toString());
      return asking('ada', 'planted-hunter2')(incoming, outgoing);
    });
    const mirror = await newMirror();
    const url = forge.urlOf(place.httpUrl('watched'));
    await openRemote({ url, credential: { username: 'ada', password: 'planted-hunter2' } }).fetch(
      main,
      mirror,
    );
    expect(commandLines.join('\n')).toContain('fetch');
    expect(commandLines.join('\n')).not.toContain('hunter2');
    const files = await readdir(mirror.dir, { recursive: true, withFileTypes: true });
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
    expect((await Promise.all(texts)).join('')).not.toContain('hunter2');
    await forge.close();
  });

  test('of a repository with a damaged object is corrupt', async () => {
    const clone = await place.create('damaged');
    await clone.commit({ 'data.yaml': randomBytes(2000).toString('hex') });
    await clone.push();
    const bare = place.bareOf('damaged');
    await gitIn(bare, 'gc', '--quiet');
    const [pack = ''] = (await readdir(join(bare, 'objects', 'pack'))).filter((name) =>
      name.endsWith('.pack'),
    );
    const file = join(bare, 'objects', 'pack', pack);
    const bytes = await readFile(file);
    bytes.fill(0, Math.floor(bytes.length / 3), Math.floor((bytes.length * 2) / 3));
    execFileSync('chmod', ['u+w', file]);
    await writeFile(file, bytes);
    const failed = openRemote({ url: place.httpUrl('damaged') }).fetch(main, await newMirror());
    await expect(failed).rejects.toMatchObject({ code: 'corrupt' });
  });
});
