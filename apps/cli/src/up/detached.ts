import { CommandRefused } from '@syncline/kernel';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Say } from './say.js';

/** What a supervisor in the background tells whoever started it. */
export type Told =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'done'; readonly text: string; readonly code: number }
  | { readonly kind: 'refused'; readonly text: string };

/** Tells the process that started this one; it may be gone. */
export const tell = (told: Told): void => {
  if (process.connected) process.send?.(told, () => undefined);
};

const outcomeOf = (child: ChildProcess, logFile: string, say: Say): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const told = message as Told;
      if (told.kind === 'refused') reject(new CommandRefused('start-failed', told.text));
      else say(told.text);
      if (told.kind === 'done') resolve(told.code);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      const text = `The supervisor ended (${code ?? 'killed'}) before the fleet was up. Its log is ${logFile}.`;
      reject(new CommandRefused('start-failed', text));
    });
  });

/**
 * Runs this same command again as a process of its own that stays when this one ends, and shows what it tells until
 * it is done. Gives the exit code. The abort of the signal stops it.
 */
export const startDetached = async (
  args: readonly string[],
  logFile: string,
  say: Say,
  signal: AbortSignal,
): Promise<number> => {
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = await open(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  try {
    return await outcomeOf(child, logFile, say);
  } finally {
    signal.removeEventListener('abort', stop);
    await log.close();
    if (child.connected) child.disconnect();
    child.unref();
  }
};
