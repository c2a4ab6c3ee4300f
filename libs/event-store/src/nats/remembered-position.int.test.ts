import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LogMessage } from '@syncline/kernel';
import { temporaryFolder } from '@syncline/testkit';
import { expect, onTestFinished, test } from 'vitest';

import { RememberedPosition } from './remembered-position.js';

const messageAt = (sequence: number, text = `message ${sequence}`): LogMessage => ({
  sequence,
  subject: 'ev.repo.fleet',
  recordedAt: '2026-05-04T14:31:08.000Z',
  recordedAtNs: 1_777_905_068_000_000_000n,
  bytes: new TextEncoder().encode(text),
});
const logOf = (last: number, text?: string) => ({
  lastSequence: () => Promise.resolve(last),
  message: (sequence: number) => Promise.resolve(sequence <= last ? messageAt(sequence, text) : undefined),
});
const file = async (): Promise<string> => {
  const folder = await temporaryFolder('position');
  onTestFinished(folder.remove);
  return join(folder.path, 'deep', 'log-position.json');
};
const positionIn = (path: string, log = logOf(0)): RememberedPosition =>
  new RememberedPosition(path, log.message);
const lost = { code: 'log-lost-positions' };

test('what was read and written is remembered by the next process', async () => {
  const path = await file();
  const first = positionIn(path);
  await first.verify(logOf(0));
  first.remember(messageAt(7));
  first.rememberWritten(9);
  await first.settled();
  await expect(positionIn(path).verify(logOf(9))).resolves.toBeUndefined();
  await expect(positionIn(path).verify(logOf(8))).rejects.toMatchObject(lost);
  await expect(positionIn(path).verify(logOf(9, 'another'))).rejects.toMatchObject(lost);
});

test('what is remembered never goes back, also not in a later process', async () => {
  const path = await file();
  const first = positionIn(path);
  first.remember(messageAt(7));
  await first.settled();
  const second = positionIn(path);
  await second.verify(logOf(7));
  second.remember(messageAt(3));
  second.rememberWritten(8);
  await second.settled();
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ highest: 8, seen: { sequence: 7 } });
});

test('what was written is remembered as the server keeps it', async () => {
  const path = await file();
  const position = positionIn(path, logOf(9));
  position.rememberWritten(9);
  await position.settled();
  await expect(positionIn(path).verify(logOf(9))).resolves.toBeUndefined();
  await expect(positionIn(path).verify(logOf(9, 'another'))).rejects.toMatchObject(lost);
});

test('a position that cannot be kept is told, and kept with the next one where that works', async () => {
  const path = await file();
  const blocked = join(path, '..');
  await writeFile(blocked, 'a file where the folder should be');
  const position = positionIn(path);
  position.remember(messageAt(1));
  await position.settled();
  expect(position.failure).toBeInstanceOf(Error);
  await rm(blocked);
  position.remember(messageAt(2));
  await position.settled();
  expect(position.failure).toBeUndefined();
  await expect(positionIn(path).verify(logOf(1))).rejects.toMatchObject(lost);
});
