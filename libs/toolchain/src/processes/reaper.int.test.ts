import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const isGoneWithin = async (pid: number, ms: number): Promise<boolean> => {
  for (const deadline = Date.now() + ms; Date.now() < deadline;) {
    if (!isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
};

test('a child ends when the process that started it is killed without a word', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-reaper-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const door = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const script = `
    import { startProcess } from ${JSON.stringify(door)};
    const child = await startProcess({ name: 'child', command: 'sleep', args: ['1000'], logFile: ${JSON.stringify(join(folder, 'log'))} });
    console.log(child.pid);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = Number(line.toString());
  expect(isAlive(child)).toBe(true);
  parent.kill('SIGKILL');
  expect(await isGoneWithin(child, 8_000)).toBe(true);
});
