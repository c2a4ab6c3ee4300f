import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openMirror, openObjectCache, openRemote, type Mirror } from '../index.js';
import { openWorkPlace, type Clone, type WorkPlace } from './work-place.js';

let place: WorkPlace;
let clone: Clone;
let mirror: Mirror;
let head: string;
let pack: Uint8Array;
let made = 0;

const newFolder = (): string => join(place.path, 'made', String((made += 1)));
const fetchHead = async (): Promise<string> =>
  openRemote({ url: place.fileUrl('fleet') }).fetch({ kind: 'branch', name: 'main' }, mirror);

beforeAll(async () => {
  place = await openWorkPlace();
  clone = await place.create('fleet');
  await clone.commit({
    'apps/web/deployment.yaml': 'kind: Deployment\n',
    'apps/web/with space & ünïcode.yaml': 'kind: Service\n',
    'apps/api.yaml': '',
    'large.txt': 'line\n'.repeat(400_000),
  });
  await clone.push();
  mirror = await openMirror(newFolder());
  head = await fetchHead();
  pack = await mirror.makePack({ head });
});
afterAll(() => place.close());

describe('an object cache', () => {
  test('reads folders, files and paths of a revision', async () => {
    const cache = await openObjectCache(newFolder());
    expect(await cache.has(head)).toBe(false);
    await expect(cache.readTree(head)).rejects.toMatchObject({ code: 'object-missing' });
    await cache.importPack(pack);
    await cache.importPack(pack);
    expect(await cache.has(head)).toBe(true);
    const names = (await cache.readTree(head, 'apps', { recursive: true })).map(({ path }) => path);
    expect(names).toEqual([
      'apps/api.yaml',
      'apps/web',
      'apps/web/deployment.yaml',
      'apps/web/with space & ünïcode.yaml',
    ]);
    expect(await cache.readTree(head, 'apps/api.yaml')).toEqual([]);
    expect(await cache.readTree(head, 'nowhere')).toEqual([]);
    expect(await cache.resolvePath(head, 'nowhere/at/all')).toBeUndefined();
    expect(await cache.resolvePath(head, '')).toMatchObject({ type: 'tree' });
    const web = await cache.resolvePath(head, 'apps/web/');
    expect(web).toEqual({ mode: '040000', type: 'tree', oid: await clone.git('rev-parse', 'HEAD:apps/web') });
    expect((await cache.readTree(web!.oid)).map(({ path }) => path)).toHaveLength(2);
    const empty = await cache.resolvePath(head, 'apps/api.yaml');
    expect(await cache.readBlob(empty!.oid)).toHaveLength(0);
    await expect(cache.readBlob(web!.oid)).rejects.toMatchObject({ code: 'object-missing' });
    await cache.close();
  });

  test('answers many questions at once, each with its own object', async () => {
    const cache = await openObjectCache(newFolder());
    await cache.importPack(pack);
    const files = (await cache.readTree(head, '', { recursive: true })).filter(({ type }) => type === 'blob');
    const asked = Array.from({ length: 60 }, (_, index) => files[index % files.length]!);
    const bytes = await Promise.all(asked.map(({ oid }) => cache.readBlob(oid)));
    for (const [index, { path }] of asked.entries())
      expect(Buffer.from(bytes[index]!)).toEqual(await readFile(join(clone.dir, path)));
    await cache.close();
  });

  test('refuses what is no pack, and goes on', async () => {
    const cache = await openObjectCache(newFolder());
    const broken = Uint8Array.from(pack);
    broken[Math.floor(broken.length / 2)]! ^= 0xff;
    for (const bytes of [new Uint8Array(), Buffer.from('PACK'), broken, pack.subarray(0, pack.length - 30)])
      await expect(cache.importPack(bytes)).rejects.toMatchObject({ code: 'pack-refused' });
    await cache.importPack(pack);
    expect(await cache.has(head)).toBe(true);
    await cache.close();
  });

  test('stays quick and whole over many packs', async () => {
    const dir = newFolder();
    const cache = await openObjectCache(dir);
    await cache.importPack(pack);
    let base = head;
    for (let count = 0; count < 36; count += 1) {
      await clone.commit({ 'apps/api.yaml': `count: ${count}\n` });
      await clone.push();
      const next = await fetchHead();
      await cache.importPack(await mirror.makePack({ head: next, base }));
      base = next;
    }
    const file = await cache.resolvePath(base, 'apps/api.yaml');
    expect(Buffer.from(await cache.readBlob(file!.oid)).toString()).toBe('count: 35\n');
    const packs = (await readdir(join(dir, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
    expect(packs.length).toBeLessThan(20);
    expect(await cache.has(head)).toBe(true);
    await cache.close();
  });

  test(
    'has a commit only with its whole pack, whenever an import is killed',
    { timeout: 180_000 },
    async () => {
      const big = await place.create('big');
      const files = Array.from({ length: 400 }, (_, index) => [
        `f/${index}`,
        randomBytes(20_000).toString('base64'),
      ]);
      await big.commit(Object.fromEntries(files) as Record<string, string>);
      await big.push();
      const own = await openMirror(newFolder());
      const bigHead = await openRemote({ url: place.fileUrl('big') }).fetch(
        { kind: 'branch', name: 'main' },
        own,
      );
      const bigPack = join(place.path, 'big.pack');
      await writeFile(bigPack, await own.makePack({ head: bigHead }));
      const dir = newFolder();
      await (await openObjectCache(dir)).close();
      for (const afterMs of [5, 60, 150]) {
        const child = spawn('sh', ['-c', `exec git --git-dir "${dir}" index-pack --stdin < "${bigPack}"`]);
        // Listened for before: where the machine is quick, it may have ended by itself meanwhile.
        const ended = new Promise((resolve) => child.once('close', resolve));
        await delay(afterMs);
        child.kill('SIGKILL');
        await ended;
        const cache = await openObjectCache(dir);
        if (await cache.has(bigHead)) {
          for (const entry of await cache.readTree(bigHead, '', { recursive: true }))
            expect(await cache.has(entry.oid)).toBe(true);
        }
        expect(
          (await readdir(join(dir, 'objects', 'pack'))).filter((name) => name.startsWith('tmp_')),
        ).toEqual([]);
        await cache.close();
      }
      const cache = await openObjectCache(dir);
      await cache.importPack(await readFile(bigPack));
      expect(await cache.has(bigHead)).toBe(true);
      await cache.close();
    },
  );
});

describe('a revision that is written out', () => {
  test('has its files, byte for byte, and nothing that was not asked for', async () => {
    const cache = await openObjectCache(newFolder());
    await cache.importPack(pack);
    const dir = newFolder();
    await cache.materialise(head, ['apps/web/', './apps/api.yaml', 'nowhere'], dir);
    const written = await readdir(dir, { recursive: true });
    expect(written.sort()).toEqual([
      'apps',
      'apps/api.yaml',
      'apps/web',
      'apps/web/deployment.yaml',
      'apps/web/with space & ünïcode.yaml',
    ]);
    const text = await readFile(join(dir, 'apps/web/with space & ünïcode.yaml'), 'utf8');
    expect(text).toBe('kind: Service\n');
    await cache.close();
  });

  /** A commit that no honest git would make. */
  const hostileCommit = (mode: string, name: string): [string, Uint8Array] => {
    const git = (args: string[], input: string): string =>
      execFileSync('git', ['-C', clone.dir, ...args], { input, encoding: 'utf8' }).trim();
    const blob = git(['hash-object', '-w', '--stdin'], '/etc/passwd');
    const entry = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);
    const made = execFileSync(
      'git',
      ['-C', clone.dir, 'hash-object', '-w', '-t', 'tree', '--literally', '--stdin'],
      {
        input: entry,
      },
    );
    const tree = made.toString().trim();
    const person = 'Ada <ada@example.com> 1700000000 +0000';
    const body = `tree ${tree}\nauthor ${person}\ncommitter ${person}\n\nhostile\n`;
    const commit = git(['hash-object', '-w', '-t', 'commit', '--stdin'], body);
    const packed = execFileSync('git', ['-C', clone.dir, 'pack-objects', '--stdout', '--quiet'], {
      input: `${commit}\n${tree}\n${blob}\n`,
    });
    return [commit, packed];
  };

  test.each([
    ['120000', 'link'],
    ['100644', '..'],
    ['100644', '.git'],
    ['100644', '.GIT'],
    ['100644', 'a\\b'],
    ['100644', '../../escaped'],
  ])('refuses an entry of mode %s named %j', async (mode, name) => {
    const cache = await openObjectCache(newFolder());
    const [commit, packed] = hostileCommit(mode, name);
    await cache.importPack(packed);
    await expect(cache.materialise(commit, [''], newFolder())).rejects.toMatchObject({
      code: 'tree-refused',
    });
    await cache.close();
  });
});
