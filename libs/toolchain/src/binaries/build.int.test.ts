import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { cacheDirectory, resolveBinary } from './resolve.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'syncline-build-'));
  onTestFinished(() => rm(home, { recursive: true }));
});

/** Builds kustomize with a Go that does what the script says. */
const buildWith = async (script: string, progress: string[] = []) => {
  await writeFile(join(home, 'go'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const environment = { XDG_CACHE_HOME: join(home, 'cache'), PATH: `${home}:/usr/bin:/bin` };
  return resolveBinary('kustomize', { environment, progress: (line) => void progress.push(line) });
};
const cache = (): string => cacheDirectory({ XDG_CACHE_HOME: join(home, 'cache') });

describe('a binary that has to be compiled', () => {
  test('is moved into the cache and says how it goes; killed builds are cleared away', async () => {
    const left = join(cache(), 'kustomize-0.0.1-linux-x64', '.build-killed');
    await mkdir(left, { recursive: true });
    const progress: string[] = [];
    const found = await buildWith('printf made > "$GOBIN/kustomize"; chmod +x "$GOBIN/kustomize"', progress);
    expect(found.how).toBe('built');
    expect(await readdir(join(found.path, '..'))).toEqual(['kustomize']);
    await expect(access(left)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(progress[0]).toMatch(/^compiling kustomize 5\.\d+\.\d+ \(about 25 s where nothing is cached\)$/);
    expect(progress.at(-1)).toMatch(/^compiled kustomize in \d+ s$/);
  });

  test.each([
    ['write x: no space left on device', 'disk-full', /^the disk is full: kustomize/],
    ['dial tcp: lookup proxy.golang.org: no such host', 'build-failed', /without a network/],
    ['go: m@v requires go >= 1.26.0 (running go 1.21.4; GOTOOLCHAIN=local)', 'binary-missing', /^Go 1\.21\.4 is too old .* Install Go 1\.26/],
    ['undefined: something', 'build-failed', /does not compile:\nundefined: something/],
  ])('and fails with "%s" says what to do, and leaves nothing', async (output, code, message) => {
    const failing = buildWith(`echo "${output}" >&2; exit 1`);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    const [folder = ''] = await readdir(cache());
    expect(await readdir(join(cache(), folder))).toEqual([]);
  }); // prettier-ignore

  test('says where it cannot be kept', async () => {
    await mkdir(join(home, 'cache'));
    await writeFile(join(home, 'cache', 'syncline'), 'a file where the folder should be');
    await expect(buildWith('exit 0')).rejects.toMatchObject({
      code: 'build-failed',
      message: expect.stringMatching(/Set XDG_CACHE_HOME to a folder of yours/) as string,
    });
  });
});
