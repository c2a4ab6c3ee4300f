import { spawnSync } from 'node:child_process';
import { access, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { expect, onTestFinished, test } from 'vitest';

import { withLock } from './lock.js';

const lockFile = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-lock-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'build.lock');
};

test('those who want the same lock take turns, and say once that they wait', async () => {
  const path = await lockFile();
  const told: string[] = [];
  let most = 0;
  let inside = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, (inside += 1));
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, 'another', (line) => void told.push(line), work)));
  expect(most).toBe(1);
  expect(told).toEqual(['waiting for another', 'waiting for another']);
  await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

const { pid: dead } = spawnSync('true');

test.each([
  ['whose holder is dead', JSON.stringify({ pid: dead, started: '1' })],
  ["whose holder's number is another process's by now", JSON.stringify({ pid: process.pid, started: '1' })],
  ['that is empty', ''],
  ['that names nobody', '{}'],
])('a lock %s is taken at once, by one of those who want it', async (_, text) => {
  const path = await lockFile();
  await writeFile(path, text);
  let most = 0;
  let inside = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, (inside += 1));
    await delay(20);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 3 }, () => withLock(path, 'another', () => undefined, work)));
  expect(most).toBe(1);
  expect(await readdir(dirname(path))).toEqual([]);
});

test('a lock is taken where another died while it took it', async () => {
  const path = await lockFile();
  await writeFile(path, '');
  await writeFile(`${path}.taking`, '');
  await utimes(`${path}.taking`, 1, 1);
  const answer = await withLock(path, 'another', () => undefined, () => Promise.resolve('done')); // prettier-ignore
  expect(answer).toBe('done');
});

test('a lock is given back where the work fails', async () => {
  const path = await lockFile();
  const failing = () => Promise.reject(new Error('broken'));
  await expect(withLock(path, 'another', () => undefined, failing)).rejects.toThrow('broken');
  await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
});
