import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { numbersFrom, temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { commandLine, root } from './platform/command-line.js';
import { seedOfRun } from './platform/sampled.js';
import { sharedInstallation, sharedState } from './platform/shared.js';

const kills = 4;
const seed = seedOfRun();
const random = numbersFrom(seed);
console.log(`commands are killed at instants drawn with SYNCLINE_TEST_SEED=${seed}`);

const syncline = sharedInstallation();
let folder: TemporaryFolder;
let archive: string;

/** Starts a command and kills it somewhere in its middle; gives whether it had ended before. */
const killed = async (state: string, mostMs: number, ...args: readonly string[]): Promise<boolean> => {
  const child = spawn(join(root, 'syncline'), [...args, '--state', state], {
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const afterMs = 200 + random() * mostMs;
  await Promise.race([ended, sleep(afterMs)]);
  if (child.exitCode !== null) return true;
  process.kill(-child.pid!, 'SIGKILL');
  await ended;
  return false;
};

beforeAll(async () => {
  folder = await temporaryFolder('archives');
  archive = join(folder.path, 'archive');
});
afterAll(() => folder.remove());

it('the log is archived, killed in the middle or not, and the archive proves itself', async () => {
  for (let kill = 0; kill < kills; kill += 1)
    await killed(sharedState, 800, 'log', 'archive', '--to', archive);
  const said = await syncline.run('log', 'archive', '--to', archive);
  expect(said).toMatch(/holds the log up to position \d+/);
  expect((await readdir(archive)).filter((name) => name.endsWith('.segment')).length).toBeGreaterThan(0);
  const { code, stdout } = await syncline.cli('log', 'verify', archive);
  expect([code, stdout]).toEqual([0, expect.stringContaining('are as they were signed') as string]);
});

it('an empty installation becomes the same log, however often that is killed on the way', async () => {
  const state = join(folder.path, 'restored');
  const restored = commandLine(state);
  const restore = ['log', 'restore', '--from', archive] as const;
  let wasKilled = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    if (await killed(state, 2_500, ...restore)) break;
    wasKilled += 1;
  }
  expect(wasKilled).toBeGreaterThan(0);
  const { stdout: verified } = await syncline.cli('log', 'verify', archive, '-o', 'json');
  const { root: signed } = JSON.parse(verified) as { root: string };
  const { code, stdout, stderr } = await restored(...restore);
  if (code === 0) expect(stdout).toContain(signed);
  // The last of those that were to be killed may have been done before.
  else expect(stderr).toMatch(/is not empty/);
  const again = await restored(...restore);
  expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/is not empty/)]);
});

it('what is no archive is refused in a sentence', async () => {
  const state = join(folder.path, 'other');
  const from = (place: string) => commandLine(state)('log', 'restore', '--from', place);
  const nothing = await from(join(folder.path, 'nothing'));
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringMatching(/holds no segment/)]);
  const elsewhere = await from('ftp://example.com/archive');
  expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringMatching(/is no folder/)]);
});
