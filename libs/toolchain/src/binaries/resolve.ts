import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { ToolchainError } from '../toolchain-error.js';
import { buildBinary } from './build.js';
import { withLock } from './lock.js';
import { pins, type BinaryName, type Pin } from './pins.js';
import type { Progress } from './progress.js';

const run = promisify(execFile);

/** Where a binary came from. */
export type Found = {
  readonly name: BinaryName;
  readonly path: string;
  readonly how: 'environment' | 'path' | 'cache' | 'built';
};

export type ResolveOptions = {
  readonly progress?: Progress;
  readonly environment?: NodeJS.ProcessEnv;
};

/** The user's cache of binaries: `$XDG_CACHE_HOME/syncline/toolchain`, else under `~/.cache`. */
export const cacheDirectory = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'syncline', 'toolchain');

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const printsVersion = async (path: string, pin: Pin): Promise<boolean> => {
  const { stdout, stderr } = await run(path, pin.versionArguments, { timeout: 10_000 }).catch(() => ({
    stdout: '',
    stderr: '',
  }));
  return new RegExp(`(^|[^0-9.])v?${pin.version.replaceAll('.', '\\.')}($|[^0-9.])`, 'm').test(
    `${stdout}\n${stderr}`,
  );
};

const fromEnvironment = async (
  name: BinaryName,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> => {
  const named = environment[pins[name].variable];
  if (named !== undefined) {
    if (await isExecutable(named)) return named;
    throw new ToolchainError(
      'binary-missing',
      `${pins[name].variable} names ${named}, which cannot be run`,
      name,
    );
  }
  const assets = environment.KUBEBUILDER_ASSETS;
  const asset = assets === undefined ? undefined : join(assets, name);
  return asset !== undefined && (await isExecutable(asset)) ? asset : undefined;
};

const fromPath = async (name: BinaryName, environment: NodeJS.ProcessEnv): Promise<string | undefined> => {
  for (const directory of (environment.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    if ((await isExecutable(path)) && (await printsVersion(path, pins[name]))) return path;
  }
  return undefined;
};

const unwritable = new Set(['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST']);

/** What to do where the cache cannot be written; any other error as it is. */
const cacheFailed = (name: BinaryName, cache: string, error: unknown): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ToolchainError(
      'disk-full',
      `the disk is full: ${name} cannot be kept in ${cache}. Free a few gigabytes and start again`,
      name,
      error,
    );
  }
  if (!unwritable.has(code ?? '')) return error;
  return new ToolchainError(
    'build-failed',
    `${name} cannot be kept in ${cache}, which cannot be written. Set XDG_CACHE_HOME to a folder of yours`,
    name,
    error,
  );
};

const cachedPath = (name: BinaryName, environment: NodeJS.ProcessEnv): string =>
  join(
    cacheDirectory(environment),
    `${name}-${pins[name].version}-${process.platform}-${process.arch}`,
    name,
  );

/**
 * Finds one pinned binary where nothing has to be compiled for it: the environment variable, KUBEBUILDER_ASSETS, PATH
 * where the version fits, the user's cache. Throws {@link ToolchainError} where the variable names what cannot be run.
 */
export const findBinary = async (
  name: BinaryName,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Found | undefined> => {
  const named = await fromEnvironment(name, environment);
  if (named !== undefined) return { name, path: named, how: 'environment' };
  const onPath = await fromPath(name, environment);
  if (onPath !== undefined) return { name, path: onPath, how: 'path' };
  const path = cachedPath(name, environment);
  return (await isExecutable(path)) ? { name, path, how: 'cache' } : undefined;
};

/** Where a pinned binary is, or will be once it is made; `isThere` tells which. */
export const placeOfBinary = async (
  name: BinaryName,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly path: string; readonly isThere: boolean }> => {
  const found = await findBinary(name, environment);
  return found
    ? { path: found.path, isThere: true }
    : { path: cachedPath(name, environment), isThere: false };
};

/**
 * Finds one pinned binary, or makes it: a build of its Go module into the user's cache. Processes that want the same
 * one wait for each other. Throws {@link ToolchainError} with what to do.
 */
export const resolveBinary = async (name: BinaryName, options: ResolveOptions = {}): Promise<Found> => {
  const environment = options.environment ?? process.env;
  const progress = options.progress ?? (() => undefined);
  const found = await findBinary(name, environment);
  if (found) return found;
  const cache = cacheDirectory(environment);
  const cached = cachedPath(name, environment);
  try {
    return await withLock(
      join(cache, 'build.lock'),
      `another process to finish compiling`,
      progress,
      async () => {
        if (await isExecutable(cached)) return { name, path: cached, how: 'cache' };
        await buildBinary(name, cached, { progress, environment });
        return { name, path: cached, how: 'built' };
      },
    );
  } catch (error) {
    throw cacheFailed(name, cache, error);
  }
};

/** Resolves several binaries, one after another: two builds at once on few cores only take longer together. */
export const resolveBinaries = async <Name extends BinaryName>(
  names: readonly Name[],
  options: ResolveOptions = {},
): Promise<Record<Name, string>> => {
  const paths: Partial<Record<Name, string>> = {};
  for (const name of names) paths[name] = (await resolveBinary(name, options)).path;
  return paths as Record<Name, string>;
};
