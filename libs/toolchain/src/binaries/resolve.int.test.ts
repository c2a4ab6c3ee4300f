import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { pins } from './pins.js';
import { cacheDirectory, findBinary, resolveBinary } from './resolve.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'syncline-resolve-'));
  onTestFinished(() => rm(home, { recursive: true }));
});

/** A program that prints a version, as the real one does. */
const place = async (path: string, version: string): Promise<string> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 });
  return path;
};
const { version } = pins['nats-server'];
const resolveIn = (environment: NodeJS.ProcessEnv) =>
  resolveBinary('nats-server', { environment: { XDG_CACHE_HOME: join(home, 'cache'), ...environment } });
const cached = () =>
  place(
    join(
      cacheDirectory({ XDG_CACHE_HOME: join(home, 'cache') }),
      `nats-server-${version}-${process.platform}-${process.arch}`,
      'nats-server',
    ),
    version,
  );

describe('a binary', () => {
  test('is the one that the environment names, before all others', async () => {
    await cached();
    const named = await place(join(home, 'mine'), '0.0.1');
    const PATH = dirname(await place(join(home, 'bin', 'nats-server'), version));
    expect(await resolveIn({ SYNCLINE_NATS_SERVER: named, PATH })).toMatchObject({
      path: named,
      how: 'environment',
    });
  });

  test('that the environment names and that is not there is said by name', async () => {
    await cached();
    await expect(resolveIn({ SYNCLINE_NATS_SERVER: '/nowhere' })).rejects.toMatchObject({
      code: 'binary-missing',
      message: 'SYNCLINE_NATS_SERVER names /nowhere, which cannot be run',
    });
  });

  test('is taken from the path where its version is the pinned one', async () => {
    const path = await place(join(home, 'bin', 'nats-server'), version);
    expect(await resolveIn({ PATH: dirname(path) })).toMatchObject({ path, how: 'path' });
  });

  test.each(['2.9.25', `1${version}`, `${version}1`, `${version}.4`])(
    'of version %s on the path is passed over for the cache',
    async (other) => {
      const path = await cached();
      const PATH = dirname(await place(join(home, 'bin', 'nats-server'), other));
      expect(await resolveIn({ PATH })).toMatchObject({ path, how: 'cache' });
    },
  );

  test('is found in the cache, and not made by looking for it where it is nowhere', async () => {
    const find = () =>
      findBinary('nats-server', { XDG_CACHE_HOME: join(home, 'cache'), PATH: join(home, 'empty') });
    expect(await find()).toBeUndefined();
    expect(await find()).toBeUndefined();
    const path = await cached();
    expect(await find()).toMatchObject({ path, how: 'cache' });
  });

  test('that is nowhere, on a machine without Go, is asked for in one sentence', async () => {
    await expect(resolveIn({ PATH: join(home, 'empty') })).rejects.toMatchObject({
      code: 'binary-missing',
      message: expect.stringMatching(/Install Go .* or set SYNCLINE_NATS_SERVER/) as string,
    });
  });
});
