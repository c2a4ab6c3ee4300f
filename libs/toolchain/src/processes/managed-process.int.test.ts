import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { startProcess } from './managed-process.js';
import { accepts, freePort, isFree, waitUntilReady } from './readiness.js';

let logFile: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-process-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  logFile = join(folder, 'logs', 'child.log');
});
const startShell = (script: string, graceMs = 2_000) =>
  startProcess({ name: 'child', command: 'sh', args: ['-c', script], logFile, graceMs });
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a managed process', () => {
  test('keeps its last words, in its log too', async () => {
    const child = await startShell('echo one; echo two >&2; exit 3');
    expect(await child.ended).toMatch(/^child ended \(code 3\)/);
    expect([...child.lastLines()].sort()).toEqual(['one', 'two']);
    expect(child.hasEnded()).toBe(true);
    expect(await readFile(logFile, 'utf8')).toContain('one');
  });

  test('that cannot be started says so', async () => {
    const starting = startProcess({ name: 'child', command: '/nowhere', args: [], logFile });
    await expect(starting).rejects.toMatchObject({ code: 'start-failed' });
  });

  test('is ended politely, and its own children with it', async () => {
    const child = await startShell('sleep 1000 & echo $!; wait');
    await waitUntilReady(child, () => Promise.resolve(child.lastLines().length > 0));
    const grandchild = Number(child.lastLines()[0]);
    expect(isAlive(grandchild)).toBe(true);
    await child.stop();
    await waitUntilGone(grandchild);
    await expect(child.stop()).resolves.toBeUndefined();
  });

  test('that does not listen is ended all the same', async () => {
    const child = await startShell('trap "" TERM; echo deaf; while true; do sleep 0.1; done', 200);
    await waitUntilReady(child, () => Promise.resolve(child.lastLines().length > 0));
    await child.stop();
    expect(isAlive(child.pid)).toBe(false);
  });

  test('that ends before it is ready is not waited for', async () => {
    const child = await startShell('echo no such file; exit 1');
    await expect(waitUntilReady(child, () => Promise.resolve(false))).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('no such file') as string,
    });
  });
});

describe('a port', () => {
  test('that is given is free and not given again', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
    expect(Math.max(...ports), 'below what outgoing connections are given').toBeLessThan(32_768);
    expect(new Set(ports).size).toBe(20);
    expect(await isFree(ports[0] ?? 0)).toBe(true);
    expect(await accepts(ports[0] ?? 0)).toBe(false);
  });
});

const waitUntilGone = async (pid: number): Promise<void> => {
  const deadline = Date.now() + 5_000;
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
