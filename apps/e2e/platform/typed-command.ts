import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { eventually } from '@syncline/testkit';

import { printed, root, type Outcome } from './command-line.js';

type Typing = {
  /** What comes on standard input. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

/** A command that runs, as whoever watches its screen sees it. */
export type RunningCommand = {
  readonly ended: Promise<Outcome>;
  /** Waits until it has printed this. */
  readonly untilSaid: (what: string | RegExp, deadlineMs?: number) => Promise<void>;
  /** Ctrl-C. */
  readonly interrupt: () => Promise<Outcome>;
};

/** Starts a command of the command line against the installation in `state`. */
export const typeCommand = (
  state: string,
  args: readonly string[],
  { input, environment }: Typing = {},
): RunningCommand => {
  const child = spawn(join(root, 'syncline'), [...args, '--state', state], {
    env: { ...process.env, ...environment },
    stdio: 'pipe',
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  child.stdin.end(input ?? '');
  const code = new Promise<number>((resolve) =>
    child.once('exit', (number, signal) => resolve(number ?? (signal === 'SIGINT' ? 130 : 255))),
  );
  const ended = Promise.all([code, text(child.stdout), text(child.stderr)]).then(
    ([number, stdout, stderr]): Outcome => {
      printed.push(stdout, stderr);
      return { code: number, stdout, stderr };
    },
  );
  return {
    ended,
    untilSaid: async (what, deadlineMs = 60_000) => {
      const isSaid = () => (typeof what === 'string' ? said.includes(what) : what.test(said));
      await eventually(
        () => Promise.resolve(isSaid()),
        deadlineMs,
        `${args.join(' ')} to print ${String(what)}`,
      );
    },
    interrupt: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
};
