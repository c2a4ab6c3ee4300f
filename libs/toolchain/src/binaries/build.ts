import { spawn } from 'node:child_process';
import { cp, glob, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { guardGroup, releaseGroup } from '../processes/reaper.js';
import { ToolchainError } from '../toolchain-error.js';
import { pins, type BinaryName } from './pins.js';
import type { Progress } from './progress.js';

const tellEveryMs = 15_000;
const modules = fileURLToPath(new URL('../../modules/', import.meta.url));

type Surroundings = { readonly progress: Progress; readonly environment: NodeJS.ProcessEnv };

/** Makes the API server report the version that it is. */
const kubernetesVersion = (version: string): string => {
  const [major = '', minor = ''] = version.split('.');
  const set = (name: string, value: string): string => `-X k8s.io/component-base/version.${name}=${value}`;
  return ['-s -w', set('gitVersion', `v${version}`), set('gitMajor', major), set('gitMinor', minor)].join(
    ' ',
  );
};

const goArguments = (name: BinaryName, output: string): readonly string[] => {
  const { build, version } = pins[name];
  if (build.kind === 'install') {
    const said = build.versionVariable === undefined ? '' : ` -X ${build.versionVariable}=v${version}`;
    return ['install', '-trimpath', '-ldflags', `-s -w${said}`, `${build.package}@v${version}`];
  }
  const flags = build.module === 'kubernetes' ? kubernetesVersion(version) : '-s -w';
  return ['build', '-trimpath', '-ldflags', flags, '-o', output, build.package];
};

const noNetwork =
  /dial tcp|no such host|server misbehaving|proxyconnect|connection refused|i\/o timeout|handshake timeout|module lookup disabled/i;
const needed = (name: BinaryName): string =>
  `Install Go 1.26 so that it can be compiled, or set ${pins[name].variable} to a ${name} of that version`;

/** The last lines of what Go printed that say why it failed. */
const whyBuildFailed = (name: BinaryName, output: string): ToolchainError => {
  if (/no space left on device/i.test(output)) {
    return new ToolchainError(
      'disk-full',
      `the disk is full: ${name} cannot be compiled. Free a few gigabytes and start again`,
      name,
    );
  }
  if (noNetwork.test(output)) {
    return new ToolchainError(
      'build-failed',
      `${name} cannot be compiled without a network: its Go modules cannot be fetched. Connect and start again, or set ${pins[name].variable}`,
      name,
    );
  }
  const [, found] = /requires go >= [^(]*\(running go (\S+?)[;)]/.exec(output) ?? [];
  if (found !== undefined) {
    return new ToolchainError(
      'binary-missing',
      `Go ${found} is too old for ${name} ${pins[name].version}. ${needed(name)}`,
      name,
    );
  }
  const last = output.trim().split('\n').slice(-5).join('\n');
  return new ToolchainError('build-failed', `${name} ${pins[name].version} does not compile:\n${last}`, name);
};

const runGo = (
  name: BinaryName,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const go = spawn('go', args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const { pid } = go;
    if (pid !== undefined) guardGroup(pid);
    let output = '';
    const keep = (data: Buffer): void => void (output = (output + data.toString()).slice(-20_000));
    go.stdout.on('data', keep);
    go.stderr.on('data', keep);
    go.on('error', (cause) =>
      reject(
        new ToolchainError(
          'binary-missing',
          `${name} ${pins[name].version} is not on this machine. ${needed(name)}`,
          name,
          cause,
        ),
      ),
    );
    go.on('close', (code) => {
      if (pid !== undefined) releaseGroup(pid);
      if (code === 0) resolve();
      else reject(whyBuildFailed(name, output));
    });
  });

/** What builds that were killed left in the cache. Whoever builds holds the lock, so none of it is in use. */
const clearRemains = async (cache: string): Promise<void> => {
  for await (const left of glob('*/.build-*', { cwd: cache }))
    await rm(join(cache, left), { recursive: true, force: true });
};

/**
 * Compiles one binary through the Go module proxy and moves it to `target`, which lies in a folder of its own in the
 * cache, in one step. One build at a time, please.
 */
export const buildBinary = async (name: BinaryName, target: string, around: Surroundings): Promise<void> => {
  const { build, version, buildSeconds } = pins[name];
  await mkdir(dirname(target), { recursive: true });
  await clearRemains(dirname(dirname(target)));
  const work = await mkdtemp(join(dirname(target), '.build-'));
  const began = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - began) / 1000)} s`;
  around.progress(`compiling ${name} ${version} (about ${buildSeconds} s where nothing is cached)`);
  const ticker = setInterval(
    () => around.progress(`still compiling ${name}, ${elapsed()}`),
    tellEveryMs,
  ).unref();
  try {
    if (build.kind === 'module') await cp(join(modules, build.module), work, { recursive: true });
    const env = {
      ...around.environment,
      GOBIN: work,
      GOFLAGS: '-mod=mod',
      CGO_ENABLED: '0',
      GOTOOLCHAIN: 'local',
    };
    if (build.kind === 'module') env.GOFLAGS = '-mod=readonly';
    await runGo(name, goArguments(name, join(work, name)), work, env);
    await rename(join(work, name), target);
    around.progress(`compiled ${name} in ${elapsed()}`);
  } finally {
    clearInterval(ticker);
    await rm(work, { recursive: true, force: true });
  }
};
