import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox } from '@syncline/sandbox-cluster';
import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { FleetRepository } from './platform/fleet-repository.js';
import { Installation } from './platform/installation.js';
import { deploymentPath, LiveCluster } from './platform/live-cluster.js';

const exampleTargets = 15;

let folder: string;
let syncline: Installation;
let cloneUrl: string;
let pushed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-sandbox-'));
  syncline = new Installation(join(folder, 'state'));
});

afterAll(async () => {
  await syncline.cli('down');
  await rm(folder, { recursive: true, force: true });
});

/** Breaks a Deployment of a cluster of the installation while nothing of Syncline runs. */
const breakCheckout = async (): Promise<void> => {
  const { sandbox: port } = JSON.parse(await readFile(join(syncline.state, 'ports.json'), 'utf8')) as {
    sandbox: number;
  };
  const clusters = ['staging', 'prod-eu', 'prod-us'];
  const sandbox = await startSandbox({ dir: join(syncline.state, 'sandbox'), clusters, port });
  const staging = await LiveCluster.of(syncline.state, 'staging', 'sandbox');
  const path = deploymentPath('checkout', 'checkout');
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'checkout:does-not-exist' }];
  const answer = await staging.call('PATCH', `${path}?fieldManager=kubectl-edit`, patch, 'application/json-patch+json');
  expect(answer.code).toBe(200);
  await eventually(
    async () => JSON.stringify((await staging.find('/api/v1/namespaces/checkout/pods'))?.items).includes('ImagePullBackOff'),
    30_000,
    'a Pod that cannot start',
  );
  await sandbox.stop();
}; // prettier-ignore

const isHealthy = (row: { readonly sync: string; readonly health: string }): boolean =>
  row.sync === 'InSync' && row.health === 'Current';

describe('a start with clusters of the sandbox', () => {
  it('comes to a healthy fleet and says that it is simulated wherever the fleet is shown', async () => {
    const { code, stdout, stderr } = await syncline.cli('up', '--clusters', 'sandbox', '--detach');
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/simulated ones of the sandbox, as asked for\. .*up --clusters real --state/);
    expect(stdout).toMatch(/^The clusters are simulated/m);
    cloneUrl = /http:\/\/\S+\.git/.exec(stdout)?.[0] ?? '';
    const rows = await syncline.targets();
    expect(rows.length).toBeGreaterThanOrEqual(exampleTargets);
    expect(rows.every(isHealthy)).toBe(true);
    const line = 'Simulated by the sandbox, where no Kubernetes runs: prod-eu, prod-us, staging.';
    expect(await syncline.run('status')).toContain(line);
    expect(await syncline.run('cluster', 'list')).toContain(line);
    expect(await syncline.pidsOf('sandbox')).toHaveLength(1);
  });

  it('delivers what is pushed', async () => {
    const clone = await FleetRepository.clone(cloneUrl, folder);
    await clone.edit('apps/storefront/deployment.yaml', 'replicas: 2', 'replicas: 4');
    pushed = await clone.push('Four shop windows');
    await syncline.arrived('storefront', pushed);
  });

  it('starts again as what it is, with all that it knew', async () => {
    await syncline.run('down');
    const { code, stdout } = await syncline.cli('up', '--detach');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/simulated ones of the sandbox, as at the first start here/);
    const rows = await syncline.targets();
    expect(rows.every(isHealthy)).toBe(true);
    const storefront = rows.filter((row) => row.application === 'storefront');
    expect(new Set(storefront.map((row) => row.revision))).toEqual(new Set([pushed]));
    const events = await syncline.events('0.0');
    expect(events.filter((event) => event.type === 'ClusterRegistered')).toHaveLength(3);
    expect(
      events.filter((event) => event.data.revision === pushed && event.type === 'ApplyStarted'),
    ).toHaveLength(storefront.length);
  });

  it('says at its next start, and from the beginning, what broke while it was down', async () => {
    await syncline.run('down');
    await breakCheckout();
    const { stdout } = await syncline.cli('up', '--detach');
    expect(stdout).not.toMatch(/The fleet is healthy/);
    expect(stdout).not.toMatch(/\b(\d+) of \1 targets are in sync and healthy/);
    expect(stdout).toMatch(/The fleet is at rest, but not healthy/);
    const broken = (await syncline.targets()).filter((row) => !isHealthy(row));
    expect(broken).toMatchObject([{ application: 'checkout-staging', cluster: 'staging', sync: 'Drifted' }]);
  });

  it('is not started over with clusters of another kind: refused with both ways out, and nothing changes', async () => {
    await syncline.run('down');
    const refused = await syncline.cli('up', '--detach', '--clusters', 'real');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Leave --clusters real away .*, or take another place .*--state DIR$/m);
    expect((await syncline.cli('status')).code).toBe(1);
    expect((await syncline.cli('up', '--clusters', 'real', '--kubeconfig', 'f', '--context', 'c')).code).toBe(
      2,
    );
  });
});
