import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WatcherWorld } from './testing/watcher-world.js';

let world: WatcherWorld;

beforeAll(async () => {
  world = await WatcherWorld.open();
});
afterAll(() => world.close());

type Clone = Awaited<ReturnType<WatcherWorld['makeRepository']>>;

/** Adds a submodule as `git submodule add` does, at a commit, without fetching it. */
const addSubmodule = async (clone: Clone, path: string, url: string, commit: string): Promise<void> => {
  await clone.git('config', '--file', '.gitmodules', `submodule.${path}.path`, path);
  await clone.git('config', '--file', '.gitmodules', `submodule.${path}.url`, url);
  await clone.git('update-index', '--add', '--cacheinfo', `160000,${commit},${path}`);
  await clone.git('add', '.gitmodules');
};

const publish = async (clone: Clone, message: string): Promise<string> => {
  await clone.git('commit', '--quiet', '--allow-empty', '-m', message);
  await clone.push();
  return clone.git('rev-parse', 'HEAD');
};

describe('a repository with submodules', () => {
  test('has those at its own server read at the commits that it records, and names the others', async () => {
    const lib = await world.makeRepository('lib');
    const recorded = await lib.git('rev-parse', 'HEAD');
    await lib.commit('replicas: 2\n');
    await lib.push();
    const clone = await world.makeRepository('fleet');
    await addSubmodule(clone, 'vendor/lib', '../lib.git', recorded);
    await addSubmodule(clone, 'vendor/other', 'https://example.com/other.git', 'a'.repeat(40));
    await addSubmodule(clone, 'vendor/gone', '../gone.git', 'b'.repeat(40));
    await publish(clone, 'with submodules');
    await world.register('fleet');
    const { data } = await world.nth('fleet', 'RevisionDetected', 1);
    expect(data.submodules).toEqual([
      {
        path: 'vendor/gone',
        revision: 'b'.repeat(40),
        problem: expect.stringMatching(/no repository/) as string,
      },
      { path: 'vendor/lib', revision: recorded },
      {
        path: 'vendor/other',
        revision: 'a'.repeat(40),
        problem: expect.stringMatching(/another server/) as string,
      },
    ]);
    expect(await world.readFileAt('fleet', 'vendor/lib/app.yaml')).toBe('replicas: 1\n');
    const { cache, revision } = await world.cacheOf('fleet');
    const entries = await cache.readTree(revision, 'vendor', { recursive: true });
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual([
      'commit vendor/gone',
      'tree vendor/lib',
      'blob vendor/lib/app.yaml',
      'commit vendor/other',
    ]);
    await cache.close();
  });

  test('is read at another commit of a submodule once it records one, and carries it on', async () => {
    const lib = await world.makeRepository('library');
    const clone = await world.makeRepository('using');
    await addSubmodule(clone, 'lib', '../library.git', await lib.git('rev-parse', 'HEAD'));
    await publish(clone, 'first');
    await world.register('using');
    const first = await world.nth('using', 'RevisionDetected', 1);
    const next = await lib.commit('replicas: 9\n');
    await lib.push();
    await addSubmodule(clone, 'lib', '../library.git', next);
    await publish(clone, 'next');
    await world.refresh('using');
    await world.nth('using', 'RevisionDetected', 2);
    expect(await world.readFileAt('using', 'lib/app.yaml')).toBe('replicas: 9\n');
    await publish(clone, 'nothing of it');
    await world.refresh('using');
    const third = await world.nth('using', 'RevisionDetected', 3);
    expect(third.data.submodules).toEqual([{ path: 'lib', revision: next }]);
    expect(third.data.pack.size).toBeLessThan(first.data.pack.size);
    expect(await world.readFileAt('using', 'lib/app.yaml')).toBe('replicas: 9\n');
  });
});

test('a pointer of Git LFS is not written out, by its name', async () => {
  const clone = await world.makeRepository('pointers');
  const oid = createHash('sha256').update('content').digest('hex');
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 7\n`;
  await clone.write('apps/web/values.yaml', pointer);
  await clone.commit('replicas: 2\n');
  await clone.push();
  await world.register('pointers');
  await world.nth('pointers', 'RevisionDetected', 1);
  const { cache, revision } = await world.cacheOf('pointers');
  const written = cache.materialise(revision, ['apps'], join(world.folder.path, 'written'));
  await expect(written).rejects.toThrow(/^apps\/web\/values\.yaml is a Git LFS pointer/);
  await cache.close();
});
