import { spawnSync } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

test('a lock whose holder is dead is taken', async () => {
  const path = await lockFile();
  await writeFile(path, String(spawnSync('true').pid));
  expect(
    await withLock(
      path,
      'another',
      () => undefined,
      () => Promise.resolve('done'),
    ),
  ).toBe('done');
});

test('a lock is given back where the work fails', async () => {
  const path = await lockFile();
  const failing = () => Promise.reject(new Error('broken'));
  await expect(withLock(path, 'another', () => undefined, failing)).rejects.toThrow('broken');
  await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
});
