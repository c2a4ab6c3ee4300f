import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';

import { RenderError } from '../render-error.js';
import { ownRoot } from './own-root.js';

/** What came out of one run of a renderer. */
export type Run =
  { readonly ok: true; readonly output: string } | { readonly ok: false; readonly said: string };

/** What one run may take. Memory is a hard bound on the address space where there is a shell that can set one. */
export type RunLimits = {
  readonly renderMs: number;
  readonly outputBytes: number;
  readonly addressBytes?: number;
};

/** A program of the toolchain, and what it is to do. */
export type Program = {
  readonly name: string;
  readonly path: string;
  readonly parameters: readonly string[];
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** All that it may see, where the user may make a root for it: then it runs at `/`, not in `cwd`. Else everything. */
  readonly sees?: readonly string[];
};

const environment = {
  HOME: '/nonexistent',
  PATH: '/nonexistent',
  // Where no network namespace is to be had, what the scan has missed meets a proxy that is not there.
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  GIT_ALLOW_PROTOCOL: 'none',
  GOMEMLIMIT: '512MiB',
  GOMAXPROCS: '1',
};

const unshareCandidates = ['/usr/bin/unshare', '/bin/unshare'];
const shell = '/bin/sh';

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const succeeds = (command: string, parameters: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    execFile(command, parameters, { timeout: 5_000 }, (error) => resolve(error === null));
  });

const findIsolation = async (): Promise<readonly string[]> => {
  if (process.platform !== 'linux') return [];
  for (const path of unshareCandidates) {
    const command = [path, '--user', '--map-root-user', '--net', '--'];
    if ((await isExecutable(path)) && (await succeeds(path, [...command.slice(1), '/bin/true'])))
      return command;
  }
  return [];
};

let isolation: Promise<readonly string[]> | undefined;

/** The command that runs another one without any network (Linux, where the user may make a network namespace), else nothing. */
export const networkIsolation = (): Promise<readonly string[]> => (isolation ??= findIsolation());

/** The command that runs another one with a bound on its memory: POSIX `ulimit -v`, in KiB, which Linux enforces. */
const memoryBound = async (bytes: number | undefined): Promise<readonly string[]> =>
  bytes === undefined || process.platform !== 'linux' || !(await isExecutable(shell))
    ? []
    : [shell, '-c', `ulimit -v ${Math.floor(bytes / 1024)} && exec "$@"`, shell];

type Ended = NodeJS.ErrnoException & { readonly killed?: boolean };

const failureOf = (
  name: string,
  error: Ended,
  { renderMs, outputBytes }: RunLimits,
): RenderError | undefined => {
  if (error.code === 'ABORT_ERR') return new RenderError('aborted', 'rendering was stopped');
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new RenderError('output-limit', `${name} printed more than ${outputBytes / 1024 / 1024} MiB`);
  if (error.killed === true)
    return new RenderError('time-limit', `${name} took longer than ${renderMs / 1000} s`);
  return undefined;
};

/** Go's runtime, where the bound on the address space stops it. */
const ranOutOfMemory = (said: string): boolean => /^(?:fatal error|runtime): .*out of memory/m.test(said);

/**
 * Runs a renderer: an environment of its own, no network where the platform can do without, limits on time, memory and output.
 * Throws {@link RenderError} where it could not run to its end.
 */
export const runIsolated = async (
  program: Program,
  allowed: RunLimits,
  signal?: AbortSignal,
): Promise<Run> => {
  const { name, path, sees } = program;
  if (!(await isExecutable(path)))
    throw new RenderError(
      'renderer-missing',
      `${name} is not there to be run at ${path}; it is looked for again.`,
    );
  const seen = { program: path, folders: sees ?? [], addressBytes: allowed.addressBytes ?? 0 };
  const root = sees && (await ownRoot(seen));
  if (!root) {
    const wrapped = [...(await networkIsolation()), ...(await memoryBound(allowed.addressBytes)), path];
    return execute(wrapped, program, allowed, signal);
  }
  try {
    return await execute([...root.command, path], program, allowed, signal);
  } finally {
    await root.remove();
  }
};

const execute = (
  [command = '', ...rest]: readonly string[],
  { name, parameters, cwd, environment: own }: Program,
  allowed: RunLimits,
  signal?: AbortSignal,
): Promise<Run> => {
  const options = {
    cwd,
    env: { ...environment, ...own },
    timeout: allowed.renderMs,
    killSignal: 'SIGKILL',
    maxBuffer: allowed.outputBytes,
    ...(signal !== undefined && { signal }),
  } as const;
  return new Promise((resolve, reject) => {
    execFile(command, [...rest, ...parameters], options, (error, stdout, stderr) => {
      const failure = error === null ? undefined : failureOf(name, error as Ended, allowed);
      if (failure !== undefined) reject(failure);
      else if (error === null) resolve({ ok: true, output: stdout });
      else if (ranOutOfMemory(stderr))
        reject(new RenderError('memory-limit', `${name} needed more memory than a render may have`));
      else resolve({ ok: false, said: stderr });
    });
  });
};
