import { execFile } from 'node:child_process';

import { gitEnvironment } from './run-git.js';

/** One run of a program that git would run, in git's environment. */
export type ProgramRun = {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
};

const patienceMs = 30_000;

/** Runs a program to its end, and gives what it said, whatever it ended with. */
export const runProgram = ({
  program,
  args,
  input = '',
  env,
}: ProgramRun): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  new Promise((resolve) => {
    const options = { env: gitEnvironment({}, env), timeout: patienceMs, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(program, args, options, (_error, stdout, stderr) => resolve({ stdout, stderr }));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
