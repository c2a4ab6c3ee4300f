import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout under test. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a command came to. */
export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end; never throws for an exit code. */
export const run = (
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<Outcome> =>
  new Promise((resolve) => {
    const { cwd, env, timeoutMs = 120_000 } = options;
    const settings = {
      ...(cwd !== undefined && { cwd }),
      env: env ?? process.env,
      timeout: timeoutMs,
      maxBuffer: 256 * 1024 * 1024,
    };
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
      resolve({ code, stdout, stderr });
    });
  });

/** Everything that commands printed in this test process, for the search for planted secrets. */
export const printed: string[] = [];

/** The command line as a person uses it, against the installation in `state`. */
export const commandLine =
  (state: string) =>
  async (...args: readonly string[]): Promise<Outcome> => {
    const outcome = await run(join(root, 'syncline'), [...args, '--state', state]);
    printed.push(outcome.stdout, outcome.stderr);
    return outcome;
  };
