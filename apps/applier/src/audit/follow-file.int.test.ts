import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { followFile } from './follow-file.js';

let folder: TemporaryFolder;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder('follow');
});
afterAll(() => folder.remove());

const followed = async (path = join(folder.path, `audit-${(count += 1)}.log`), isThere = true) => {
  const lines: string[] = [];
  const troubles: unknown[] = [];
  let tooLong = 0;
  const end = new AbortController();
  if (isThere) await appendFile(path, 'old\n');
  const running = followFile({
    ...{ path, positionFile: `${path}.position`, signal: end.signal },
    onLine: (line) => lines.push(line),
    onTooLong: () => (tooLong += 1),
    onTrouble: (error) => troubles.push(error),
  });
  const until = (wanted: readonly string[]) =>
    eventually(
      () => Promise.resolve(JSON.stringify(lines) === JSON.stringify(wanted)),
      10_000,
      `the lines are ${wanted.join()}: ${lines.join()}`,
    );
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stop = () => (end.abort(), running);
  return { path, lines, until, stop, troubles, tooLong: () => tooLong };
};

it('a file is read as it is written, a half line when it is whole, over rotation and where it is cut', async () => {
  const { path, until, stop, troubles } = await followed();
  await appendFile(path, 'a\nhal');
  await until(['a']);
  await appendFile(path, 'f\n');
  await until(['a', 'half']);
  await appendFile(path, 'last\n');
  await rename(path, `${path}.1`);
  await writeFile(path, 'fresh\n');
  await until(['a', 'half', 'last', 'fresh']);
  await truncate(path, 0);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await appendFile(path, 'cut\n');
  await until(['a', 'half', 'last', 'fresh', 'cut']);
  await stop();
  expect(troubles).toEqual([]);
});

it('is read on where it was left, also what was written meanwhile', async () => {
  const first = await followed();
  await appendFile(first.path, 'a\n');
  await first.until(['a']);
  await first.stop();
  await appendFile(first.path, 'b\n');
  const second = await followed(first.path, false);
  await second.until(['b']);
  await second.stop();
});

it('that comes later is waited for, and a line that no audit log has is passed over', async () => {
  const { path, until, stop, tooLong } = await followed(undefined, false);
  await writeFile(path, `${'x'.repeat(3_000_000)}\nafter\n`);
  await until(['after']);
  expect(tooLong()).toBe(1);
  await stop();
});
