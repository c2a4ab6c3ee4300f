import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const startTimeField = 22;

/** Fields of /proc/<pid>/stat after the command's name, which may hold spaces and parentheses (proc(5)). */
const fromProc = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? undefined : rest[startTimeField - 4];
};

const fromPs = async (pid: number): Promise<string | undefined> => {
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() === '' ? undefined : stdout.trim();
};

/** One process, told from a later one of the same number by when it started. */
export type ProcessIdentity = { readonly pid: number; readonly started: string };

/** The identity of a running process; undefined where there is none of that number. */
export const identifyProcess = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const started = await (process.platform === 'linux' ? fromProc(pid) : fromPs(pid));
  return started === undefined ? undefined : { pid, started };
};

/** Whether exactly this process still runs. */
export const isRunning = async (one: ProcessIdentity): Promise<boolean> =>
  (await identifyProcess(one.pid))?.started === one.started;
