import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { placeOfBinary, resolveBinary, type BinaryName } from '@syncline/toolchain';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { root, run } from './platform/command-line.js';
import { Installation } from './platform/installation.js';

const ofChart = 'recommendations';

let folder: string;
let environment: NodeJS.ProcessEnv;
let syncline: Installation;

/** Puts a binary where it lies once it was compiled. */
const compiled = async (name: BinaryName): Promise<void> => {
  const { path } = await placeOfBinary(name, environment);
  await mkdir(dirname(path), { recursive: true });
  await symlink((await resolveBinary(name)).path, path);
};

/** A machine on which nothing is compiled yet, and whose Go compiles nothing. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-without-helm-'));
  const go = join(folder, 'bin', 'go');
  await mkdir(dirname(go));
  await writeFile(go, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const path = (process.env.PATH ?? '').split(delimiter).filter((one) => !existsSync(join(one, 'helm')));
  environment = {
    ...process.env,
    PATH: [dirname(go), ...path].join(delimiter),
    XDG_CACHE_HOME: join(folder, 'cache'),
    SYNCLINE_HELM: undefined,
  };
  await Promise.all([compiled('nats-server'), compiled('kustomize')]);
  syncline = new Installation(join(folder, 'state'));
});

afterAll(async () => {
  await syncline.cli('down');
  await rm(folder, { recursive: true, force: true });
});

const isHealthy = (row: { readonly sync: string; readonly health: string }): boolean =>
  row.sync === 'InSync' && row.health === 'Current';

it('a start without helm deploys all but the charts, which wait for it and go on once it is there', async () => {
  const args = ['tools/start.mjs', '--clusters', 'sandbox', '--detach', '--state', syncline.state];
  const { code, stdout } = await run(process.execPath, args, { cwd: root, env: environment });
  expect(code, stdout).toBe(1);
  expect(stdout).toContain('applications of charts wait for helm');
  expect(stdout).toContain('The fleet is at rest');
  const rows = await syncline.targets();
  const [charts, others] = [true, false].map((is) =>
    rows.filter((one) => (one.application === ofChart) === is),
  );
  expect(others?.every(isHealthy)).toBe(true);
  expect(charts?.every(({ message }) => message?.includes('helm is not there') === true)).toBe(true);
  await compiled('helm');
  await syncline.untilTargets(ofChart, 'healthy', isHealthy);
});
