import { spawn } from 'node:child_process';

import { GitError } from '../git-error.js';

const stderrKept = 16 * 1024;
const inherited =
  /^(PATH|TMPDIR|TZ|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO|GIT_SSL_CAPATH)$/i;

/** How to run one git command. `config` and `env` go through the environment, never through the arguments. */
export type GitRun = {
  readonly args: readonly string[];
  readonly dir?: string;
  readonly input?: Uint8Array | string;
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** A command with its arguments that starts git, whose own arguments follow; git is started directly where absent. */
  readonly launcher?: readonly string[];
  /** More output than this ends the command with `too-large`; 64 MiB where absent. */
  readonly maxOutputBytes?: number;
};

/** What a git command ended with. */
export type GitResult = { readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string };

/** Nothing of the user's or the machine's configuration has a say, and nothing that a repository brings is run. */
const baseConfig: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.longpaths': 'true',
  'credential.helper': '',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'fetch.recurseSubmodules': 'false',
  'submodule.recurse': 'false',
  'protocol.allow': 'never',
  'protocol.version': '2',
  'init.defaultBranch': 'main',
  'advice.detachedHead': 'false',
  'safe.directory': '*',
};

/** The environment of every git process: built from nothing, so that nobody's settings leak in. */
export const gitEnvironment = (
  config: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv => {
  const settings = Object.entries({ ...baseConfig, ...config });
  const passed = Object.entries(process.env).filter(([name]) => inherited.test(name));
  return {
    ...Object.fromEntries(passed),
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    ...env,
  };
};

/**
 * Runs git to its end and gives exit code and output. Throws {@link GitError}: `git-failed` where git cannot be started,
 * `too-large` where it says too much, and the signal's reason where it is aborted (its whole process group ends).
 */
export const runGit = (run: GitRun): Promise<GitResult> =>
  new Promise((resolve, reject) => {
    const { dir, input, signal, launcher = [], maxOutputBytes = 64 * 1024 * 1024 } = run;
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const gitArgs = [...(dir === undefined ? [] : ['--git-dir', dir]), ...run.args];
    const [program = 'git', ...args] = [...launcher, 'git', ...gitArgs];
    const child = spawn(program, args, {
      env: gitEnvironment(run.config, run.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const stdout: Buffer[] = [];
    let size = 0;
    let stderr = '';
    let ended: Error | undefined;
    const end = (reason: Error): void => {
      ended ??= reason;
      endGroup(child.pid);
    };
    const abort = (): void => end(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (data: Buffer) => {
      size += data.length;
      if (size > maxOutputBytes) end(new GitError('too-large', `git gave more than ${maxOutputBytes} bytes`));
      else stdout.push(data);
    });
    child.stderr.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-stderrKept)));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (cause) => reject(new GitError('git-failed', `git cannot be run: ${cause.message}`)));
    child.on('close', (code) => {
      signal?.removeEventListener('abort', abort);
      if (ended) reject(ended);
      else resolve({ exitCode: code ?? -1, stdout: Buffer.concat(stdout), stderr });
    });
  });

/** A fetch has helpers of its own; they end with it. */
const endGroup = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};

/** Runs git and gives its output; throws `git-failed` with git's last words where it does not succeed. */
export const git = async (run: GitRun): Promise<Buffer> => {
  const { exitCode, stdout, stderr } = await runGit(run);
  if (exitCode === 0) return stdout;
  throw new GitError('git-failed', `git ${run.args[0] ?? ''} failed: ${stderr.trim().slice(-500)}`, run.dir);
};
