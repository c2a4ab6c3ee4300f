import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportFrames, exportTitle } from '@syncline/log-proofs';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { SliceFile } from './slice-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-slice-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fileOf = async (...parts: readonly Uint8Array[]): Promise<string> => {
  const file = join(folder, 'one.export');
  await writeFile(file, Buffer.concat(parts));
  return file;
};
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const header = (scope: Parameters<typeof exportFrames.header>[0]['scope']): Uint8Array =>
  exportFrames.header({ origin: 'syncline/test', size: 9, scope });

it.each([
  ['is empty', [], /is wrong at position 1: the file is empty\./],
  [
    'is something else',
    [text('PK\u0003\u0004 and more\n')],
    /is wrong at position 1: it does not begin with/,
  ],
  ['is one long line', [new Uint8Array(100_000).fill(65)], /is wrong at position 1: a line is too long/],
  [
    'ends after its title',
    [text(`${exportTitle}\n`)],
    /is wrong at position 1: the file ends before its last frame\./,
  ],
  [
    'begins later',
    [exportFrames.title(), header({ of: 'range', from: 4, to: 9 })],
    /^The export holds messages 4 to 9\. What the planner decides depends on everything before it/,
  ],
  [
    'is of one change',
    [exportFrames.title(), header({ of: 'change', change: 'abc' })],
    /^The export holds the messages of the change abc alone\./,
  ],
])('a file that %s is refused', async (_, parts, said) => {
  await expect(SliceFile.open(await fileOf(...parts))).rejects.toThrow(said);
});

it('a file that is not there, and one that is a folder, are refused by name', async () => {
  await expect(SliceFile.open(join(folder, 'none'))).rejects.toThrow(/none cannot be read \(ENOENT\)\./);
  await expect(SliceFile.open(folder)).rejects.toThrow(/cannot be read \(EISDIR\)\./);
});
