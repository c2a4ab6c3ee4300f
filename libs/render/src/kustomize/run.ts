import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';

import { RenderError } from '../render-error.js';
import { limits } from '../yaml/limits.js';

/** What came out of one run of kustomize. */
export type KustomizeRun =
  { readonly ok: true; readonly output: string } | { readonly ok: false; readonly said: string };

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

/** What one run may take. */
export type RunLimits = { readonly renderMs: number; readonly outputBytes: number };

const failureOf = (
  error: NodeJS.ErrnoException & { killed?: boolean },
  { renderMs, outputBytes }: RunLimits,
): RenderError | undefined => {
  if (error.code === 'ABORT_ERR') return new RenderError('aborted', 'rendering was stopped');
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new RenderError('output-limit', `kustomize printed more than ${outputBytes / 1024 / 1024} MiB`);
  if (error.killed === true)
    return new RenderError('time-limit', `kustomize took longer than ${renderMs / 1000} s`);
  return undefined;
};

/**
 * Runs `kustomize build` on a folder: an environment of its own, no network where the platform can do without, no Git, no plugins,
 * load restrictions on, limits on time and output. Throws {@link RenderError} where it could not run to its end.
 */
export const runKustomize = async (
  kustomize: string,
  folder: string,
  signal?: AbortSignal,
  allowed: RunLimits = limits,
): Promise<KustomizeRun> => {
  if (!(await isExecutable(kustomize)))
    throw new RenderError('renderer-missing', `kustomize cannot be run at ${kustomize}`);
  const [command, ...rest] = [...(await networkIsolation()), kustomize];
  const parameters = [...rest, 'build', '.', '--load-restrictor', 'LoadRestrictionsRootOnly'];
  const options = {
    cwd: folder,
    env: environment,
    timeout: allowed.renderMs,
    killSignal: 'SIGKILL',
    maxBuffer: allowed.outputBytes,
    ...(signal !== undefined && { signal }),
  } as const;
  return new Promise((resolve, reject) => {
    execFile(command, parameters, options, (error, stdout, stderr) => {
      const failure = error === null ? undefined : failureOf(error as NodeJS.ErrnoException, allowed);
      if (failure !== undefined) reject(failure);
      else resolve(error === null ? { ok: true, output: stdout } : { ok: false, said: stderr });
    });
  });
};
