import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { hostile, temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openObjectCache, type ObjectCache } from '../index.js';

let place: TemporaryFolder;
let objects: hostile.RawObjects;
let made = 0;

beforeAll(async () => {
  place = await temporaryFolder('hostile');
  const dir = join(place.path, 'source');
  execFileSync('git', ['init', '--quiet', '--bare', dir]);
  objects = new hostile.RawObjects(dir);
});
afterAll(() => place.remove());

const cacheOf = async (commit: string): Promise<ObjectCache> => {
  const dir = join(place.path, String((made += 1)));
  await mkdir(dir);
  const cache = await openObjectCache(dir);
  await cache.importPack(objects.pack(commit));
  return cache;
};

describe('an object cache under hostile objects', () => {
  test('refuses folders that stand for ten thousand million files, and reads others', async () => {
    const { tree, folder } = { tree: hostile.treeBomb(objects), folder: hostile.folder };
    const good = objects.folder({ 'b.yaml': 'kind: Secret\n' });
    const commit = objects.commit(objects.tree([folder('bomb', tree), folder('good', good)]));
    const cache = await cacheOf(commit);
    await expect(cache.readTree(commit, '', { recursive: true })).rejects.toMatchObject({
      code: 'tree-refused',
    });
    await expect(cache.readTree(commit, 'good', { recursive: true })).resolves.toHaveLength(1);
    const dir = join(place.path, 'written');
    const limits = { maxFiles: 100, maxBytes: 1_000_000 };
    await expect(cache.materialise(commit, ['bomb/d0/d0/d0/d0/d0/d0/d0'], dir, limits)).rejects.toMatchObject(
      { code: 'tree-refused' },
    );
    await cache.close();
  });

  test('refuses a folder that lies deeper than any path', async () => {
    const commit = objects.commit(hostile.deepTree(objects, 2_100));
    const cache = await cacheOf(commit);
    await expect(cache.readTree(commit, '', { recursive: true })).rejects.toMatchObject({
      code: 'tree-refused',
      object: expect.stringMatching(/^d\/d\//) as string,
    });
    await cache.close();
  });

  test('refuses a file that unpacks to more than is read, and answers who waits behind it', async () => {
    const zeros = objects.blob(Buffer.alloc(100 * 1024 * 1024));
    const small = objects.blob('small');
    const entries = [hostile.file('large.yaml', zeros), hostile.file('small.yaml', small)];
    const commit = objects.commit(objects.tree(entries));
    const cache = await cacheOf(commit);
    expect(objects.pack(commit).length).toBeLessThan(500_000);
    const asked = [zeros, small, zeros, small].map((oid) => cache.readBlob(oid, 1_000_000));
    const answers = await Promise.allSettled(asked);
    expect(
      answers.map((one) => (one.status === 'rejected' ? (one.reason as unknown) : Buffer.from(one.value))),
    ).toEqual([
      expect.objectContaining({ code: 'too-large' }),
      Buffer.from('small'),
      expect.objectContaining({ code: 'too-large' }),
      Buffer.from('small'),
    ]);
    await cache.close();
  });
});
