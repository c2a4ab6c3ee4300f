import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { eventually, startOciRegistry, type OciRegistry } from '@syncline/testkit';
import { resolveBinary } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { FleetRepository } from './platform/fleet-repository.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';
import { typeCommand } from './platform/typed-command.js';

const run = promisify(execFile);
const syncline = sharedInstallation();
let registry: OciRegistry;
let fleet: FleetRepository;
let helm: string;
let folder: string;

/** Packs a chart and pushes it, as a team would. */
const pushChart = async (version: string): Promise<void> => {
  const files = {
    'Chart.yaml': `apiVersion: v2\nname: till\nversion: ${version}\n`,
    'templates/till.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: till }\ndata: { chart: {{ .Chart.Version }}, size: {{ .Values.size }} }\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'till', path)), { recursive: true });
    await writeFile(join(folder, 'till', path), text);
  }
  await run(helm, ['package', join(folder, 'till'), '--destination', folder]);
  const { username, password } = registry.user;
  const login = ['--plain-http', '--username', username, '--password', password];
  const archive = join(folder, `till-${version}.tgz`);
  await run(helm, ['push', archive, `oci://${registry.host}/charts`, ...login]);
};

const application = (): string =>
  JSON.stringify({
    apiVersion: 'syncline.dev/v1',
    kind: 'Application',
    metadata: { name: 'till' },
    spec: {
      source: { path: 'apps/till' },
      render: {
        helm: { chart: `oci://${registry.host}/charts/till`, version: '1.x', valueFiles: ['values.yaml'] },
      },
      namespace: 'till',
      placement: {
        overrides: [{ match: { matchLabels: { region: 'eu' } }, values: { size: 'large' } }],
      },
    },
  });

const dataOn = async (cluster: string): Promise<unknown> =>
  (await (await liveCluster(cluster)).find('/api/v1/namespaces/till/configmaps/till'))?.data;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-e2e-charts-'));
  helm = (await resolveBinary('helm')).path;
  registry = await startOciRegistry();
  fleet = await cloneFleet();
});
afterAll(async () => {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the chart of the example fleet', () => {
  it('has the replicas of each cluster', async () => {
    const replicas = async (cluster: string): Promise<unknown> => {
      const path = '/apis/apps/v1/namespaces/recommendations/deployments/recommendations';
      const found = await (await liveCluster(cluster)).find(path);
      return (found?.spec as { readonly replicas: number } | undefined)?.replicas;
    };
    expect(await Promise.all(['staging', 'prod-us', 'prod-eu'].map(replicas))).toEqual([1, 2, 3]);
  });
});

describe('a chart in a registry', () => {
  it('is deployed with the values of each cluster, and again when its range leads further', async () => {
    await pushChart('1.0.0');
    await fleet.write('applications/till.yaml', application());
    await fleet.write('apps/till/values.yaml', 'size: small\n');
    await fleet.push('A till');
    await syncline.untilTargets('till', 'waits', ({ sync }) => sync === 'Held');
    const credential = ['--username', registry.user.username, '--password-stdin', '--plain-http'];
    const adding = ['registry', 'add', 'e2e', `oci://${registry.host}`, ...credential];
    const added = await typeCommand(syncline.state, adding, { input: registry.user.password }).ended;
    expect(added).toMatchObject({ code: 0 });
    await syncline.run('repo', 'refresh', 'fleet');
    await syncline.untilTargets(
      'till',
      'is there',
      ({ sync, health }) => sync === 'InSync' && health === 'Current',
    );
    expect(await dataOn('staging')).toEqual({ chart: '1.0.0', size: 'small' });
    expect(await dataOn('prod-eu')).toEqual({ chart: '1.0.0', size: 'large' });
    await pushChart('1.1.0');
    await syncline.run('repo', 'refresh', 'fleet');
    const newer = async (): Promise<boolean> =>
      ((await dataOn('prod-us')) as { chart?: string } | undefined)?.chart === '1.1.0';
    await eventually(newer, 60_000, 'the newer chart is there');
    expect(await dataOn('prod-us')).toEqual({ chart: '1.1.0', size: 'small' });
    expect(await syncline.run('artifact', 'list')).toMatch(/charts\/till +1\.x +1\.1\.0 /);
    expect(await syncline.run('registry', 'list')).toMatch(/^e2e +oci:\/\/127\.0\.0\.1:\d+ +yes +no/m);
  });
});
