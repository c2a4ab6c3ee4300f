import { execFile, spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { isWholeRun } from '@syncline/testkit';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { WatcherWorld } from './testing/watcher-world.js';

const run = promisify(execFile);
const fileCount = isWholeRun ? 10_000 : 500;
const repositoryCount = isWholeRun ? 100 : 5;
const fileBytes = 2_000;
const longestMs = 300_000;
/** What this process may grow by: the packs in work, and nothing that grows with the number of repositories. */
const mostGrowthBytes = 400 * 1024 * 1024;

let world: WatcherWorld;

beforeAll(async () => {
  world = await WatcherWorld.open();
});
afterAll(() => world.close());

const bareOf = (name: string): string => join(world.folder.path, 'git', `${name}.git`);

/** Commits files on top of a bare repository's main, as `git fast-import` takes them. */
const commitMany = (name: string, files: Iterable<readonly [string, string]>): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn('git', ['--git-dir', bareOf(name), 'fast-import', '--quiet', '--force']);
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`fast-import: ${code}`))));
    const [message, when] = ['many\n', Math.floor(Date.now() / 1000)];
    child.stdin.write(`commit refs/heads/main\ncommitter Ada <ada@example.com> ${when} +0000\n`);
    child.stdin.write(`data ${message.length}\n${message}from refs/heads/main^0\n`);
    for (const [path, text] of files)
      child.stdin.write(`M 644 inline ${path}\ndata ${text.length}\n${text}\n`);
    child.stdin.end('done\n');
  });

function* manyFiles(count: number): Iterable<readonly [string, string]> {
  const half = fileBytes / 2;
  for (let index = 0; index < count; index += 1) {
    const own = Array.from({ length: half / 8 }, (_, at) =>
      ((index + 1) * (at + 7919)).toString(36).padStart(8, '0').slice(-8),
    );
    yield [`apps/app-${index % 300}/file-${index}.yaml`, `${own.join('')}${'x'.repeat(half)}`];
  }
}

/** What the same takes with git alone: a shallow clone of each repository, as many at once as git-watcher reads. */
const cloneAll = (names: readonly string[]): Promise<unknown> => {
  const atOnce = pLimit(8);
  const into = join(world.folder.path, `floor-${names[0] ?? ''}`);
  return Promise.all(
    names.map((name) =>
      atOnce(() =>
        run('git', ['clone', '--quiet', '--bare', '--depth=1', world.server.urlOf(name), join(into, name)]),
      ),
    ),
  );
};

/** How long something takes, and by how much this process is larger at most while it does. */
const measured = async (run: () => Promise<unknown>) => {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  const began = performance.now();
  await run().finally(() => clearInterval(timer));
  return { ms: Math.round(performance.now() - began), grownBytes: most - before };
};

const say = (what: string, { ms, grownBytes }: { ms: number; grownBytes: number }, more = ''): void =>
  console.info(`${what}: ${ms} ms, ${(grownBytes / 1024 / 1024).toFixed(0)} MiB grown${more}`);

test(
  'a repository of many files is taken in once, and a push to one of them costs next to nothing',
  async () => {
    await world.makeRepository('large');
    await commitMany('large', manyFiles(fileCount));
    const floor = await measured(() => cloneAll(['large']));
    const first = await measured(async () => {
      await world.register('large');
      await world.nth('large', 'RevisionDetected', 1);
    });
    await commitMany('large', [['apps/app-7/file-7.yaml', 'changed: true\n']]);
    const second = await measured(async () => {
      await world.refresh('large');
      await world.nth('large', 'RevisionDetected', 2);
    });
    const [whole, change] = await world.ofType('large', 'RevisionDetected');
    say(`${fileCount} files, a bare clone`, floor);
    say(`${fileCount} files, first`, first, `, pack ${whole?.data.pack.size} bytes`);
    say(`${fileCount} files, one changed`, second, `, pack ${change?.data.pack.size} bytes`);
    expect(whole?.data.pack.size).toBeGreaterThan(fileCount * 100);
    expect(change?.data.pack.size).toBeLessThan(50_000);
    expect(first.grownBytes).toBeLessThan(mostGrowthBytes);
    expect(await world.readFileAt('large', 'apps/app-7/file-7.yaml')).toBe('changed: true\n');
  },
  longestMs,
);

test(
  'many repositories are read at once, and all of them again after a push to each',
  async () => {
    const names = Array.from({ length: repositoryCount }, (_, index) => `many-${index}`);
    await world.makeRepository('model');
    for (const name of names) await cp(bareOf('model'), bareOf(name), { recursive: true });
    const all = async (count: number): Promise<void> => {
      for (const name of names) await world.nth(name, 'RevisionDetected', count, longestMs);
    };
    const floor = await measured(() => cloneAll(names));
    const first = await measured(async () => {
      await Promise.all(names.map((name) => world.register(name)));
      await all(1);
    });
    for (const name of names) await commitMany(name, [['app.yaml', `replicas: ${name.length}\n`]]);
    const second = await measured(async () => {
      await Promise.all(names.map((name) => world.refresh(name)));
      await all(2);
    });
    const still = await measured(() => Promise.all(names.map((name) => world.refresh(name))));
    say(`${repositoryCount} repositories, a bare clone of each`, floor);
    say(`${repositoryCount} repositories, first`, first);
    say(`${repositoryCount} repositories, a push to each`, second);
    say(`${repositoryCount} repositories, nothing new`, still);
    for (const { grownBytes } of [first, second]) expect(grownBytes).toBeLessThan(mostGrowthBytes);
  },
  2 * longestMs,
);
