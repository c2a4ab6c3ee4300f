import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { resolveBinary } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { configMap, deployment } from './contract/objects.js';
import { startSandbox, type Sandbox } from './start-sandbox.js';

const run = promisify(execFile);
let dir: string;
let sandbox: Sandbox;
let binary: string;

const flags = (): string[] => [
  '--kubeconfig', sandbox.clusters[0]?.kubeconfigFile ?? '', '--cache-dir', join(dir, 'cache'), '-n', 'default',
]; // prettier-ignore
const kubectl = async (...args: readonly string[]): Promise<string> =>
  (await run(binary, [...flags(), ...args], { timeout: 20_000 })).stdout;
const file = async (object: { readonly kind: string }): Promise<string> => {
  const path = join(dir, `${object.kind}.json`);
  await writeFile(path, JSON.stringify(object));
  return path;
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-kubectl-'));
  binary = (await resolveBinary('kubectl')).path;
  sandbox = await startSandbox({ dir, clusters: ['one'] });
}, 600_000);
afterAll(async () => {
  await sandbox.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('kubectl', () => {
  it('applies on the server, follows a rollout, shows rows and YAML, and deletes', async () => {
    const web = await file(deployment('web', [{ name: 'web', image: 'web:1' }], { replicas: 2 }));
    expect(await kubectl('apply', '--server-side', '-f', web)).toContain('serverside-applied');
    expect(await kubectl('rollout', 'status', 'deploy/web', '--timeout=10s')).toContain('rolled out');
    expect(await kubectl('get', 'deploy,pods')).toMatch(
      /deployment\.apps\/web +2\/2 [^]*pod\/web-.* 1\/1 +Running/,
    );
    expect(await kubectl('get', 'deploy', 'web', '-o', 'yaml')).toContain('availableReplicas: 2');
    expect(await kubectl('version')).toMatch(/Server Version: v1\.36\.3\+syncline-sandbox/);
    expect(await kubectl('delete', 'deploy', 'web', '--timeout=10s')).toContain('deleted');
    expect(await kubectl('get', 'pods', '-o', 'name')).toBe('');
  });

  it('watches what is made and deleted', async () => {
    const watch = spawn(binary, [...flags(), 'get', 'configmaps', '-w', '--output-watch-events']);
    let seen = '';
    watch.stdout.on('data', (data: Buffer) => (seen += data.toString()));
    try {
      const path = await file(configMap('seen', { a: '1' }));
      await vi.waitUntil(async () => {
        await kubectl('apply', '--server-side', '-f', path);
        await kubectl('delete', 'configmap', 'seen');
        return /ADDED +seen[^]*DELETED +seen/.test(seen);
      }, 20_000);
    } finally {
      watch.kill();
    }
  });
});
