import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { ToolchainError } from '../toolchain-error.js';
import { guardGroup, releaseGroup } from './reaper.js';

const keptLines = 30;
/** Of a line that is quoted in a sentence. */
const mostLetters = 300;
const logBound = 16 * 1024 * 1024;

/** How to run a child process. Its output goes to `logFile`, which is rotated once it is large. */
export type ProcessOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly logFile: string;
  readonly graceMs?: number;
};

/** A child process in a group of its own, which never outlives this process. */
export type ManagedProcess = {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended, with a sentence that holds its last words. */
  readonly ended: Promise<string>;
  readonly hasEnded: () => boolean;
  /** What it printed last; of a JSON record the message alone. */
  readonly lastLines: () => readonly string[];
  /** Ends it: SIGTERM, and SIGKILL where that does not help in time. */
  readonly stop: () => Promise<void>;
  /** Ends it as a crash would. */
  readonly kill: () => Promise<void>;
};

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended between the look and the signal.
  }
};

const rotate = async (logFile: string): Promise<void> => {
  await mkdir(dirname(logFile), { recursive: true });
  const size = await stat(logFile).then(
    (one) => one.size,
    () => 0,
  );
  if (size > logBound) await rename(logFile, `${logFile}.old`);
};

const collect = (child: ChildProcess, logFile: string): string[] => {
  const lines: string[] = [];
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  log.on('error', () => undefined);
  const keep = (data: Buffer): void => {
    log.write(data);
    lines.push(
      ...data
        .toString()
        .split('\n')
        .filter((line) => line !== ''),
    );
    lines.splice(0, Math.max(0, lines.length - keptLines));
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('close', () => log.end());
  return lines;
};

/** What a line of a log says: the message where the line is a JSON record, else the line. */
const saidIn = (line: string): string => {
  if (!line.startsWith('{')) return line;
  try {
    const { msg, err } = JSON.parse(line) as { readonly msg?: unknown; readonly err?: unknown };
    return [msg, err].find((one) => typeof one === 'string') ?? line;
  } catch {
    return line;
  }
};

/** The last words of a process, short enough for a sentence. */
const lastWords = (lines: readonly string[]): string =>
  lines
    .slice(-2)
    .map((line) => saidIn(line).slice(0, mostLetters))
    .join(' | ');

const running = new Set<ManagedProcess>();

/** Every child process that this process started here and that has not ended, ready or not. */
export const runningProcesses = (): readonly ManagedProcess[] => [...running];

/** Starts a child process. Throws {@link ToolchainError} where it cannot be started at all. */
export const startProcess = async (options: ProcessOptions): Promise<ManagedProcess> => {
  const { name, command, args, logFile, graceMs = 8_000 } = options;
  await rotate(logFile);
  const child = spawn(command, args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = collect(child, logFile);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new ToolchainError('start-failed', `${name} cannot be started: ${cause.message}`, name, cause)),
    );
  });
  const pid = child.pid ?? 0;
  guardGroup(pid);
  let over = false;
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      releaseGroup(pid);
      resolve(`${name} ended (${signal ?? `code ${code ?? '?'}`}): ${lastWords(lines)}`);
    });
  });
  const stop = async (): Promise<void> => {
    if (over) return;
    signalGroup(pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  };
  const kill = async (): Promise<void> => {
    if (!over) signalGroup(pid, 'SIGKILL');
    await ended;
  };
  const managed = { name, pid, ended, hasEnded: () => over, lastLines: () => lines.map(saidIn), stop, kill };
  running.add(managed);
  void ended.then(() => running.delete(managed));
  return managed;
};
