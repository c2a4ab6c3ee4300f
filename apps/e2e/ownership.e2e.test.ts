import { beforeAll, expect, it } from 'vitest';

import { configMap, declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath, replicasOf } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

beforeAll(async () => {
  fleet = await cloneFleet();
});

/** The plan that waits for a person, as the CLI shows it; approved, and arrived. */
const approved = async (name: string, sha: string): Promise<string> => {
  const [row] = await syncline.untilTargets(name, 'waits', (one) => one.sync === 'AwaitingApproval');
  const plan = await syncline.run('plan', name, '--cluster', 'staging');
  await syncline.run('approve', row!.plan!);
  await syncline.arrived(name, sha);
  return plan;
};

it('what kubectl applied is adopted once a person saw what changes, and later removals from Git reach it', async () => {
  const staging = await liveCluster('staging');
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'adopted' } };
  await staging.apply('/api/v1/namespaces/adopted', 'kubectl', namespace);
  const path = '/api/v1/namespaces/adopted/configmaps/settings';
  const theirs = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings' },
    data: { value: 'old', extra: 'x' },
  };
  expect((await staging.apply(path, 'kubectl', theirs)).code).toBeLessThan(300);

  await declare(fleet, { name: 'adopted' }, { 'settings.yaml': configMap('settings', 'new') });
  const plan = await approved('adopted', await fleet.push('Adopt the settings'));
  expect(plan).toMatch(/adopt +ConfigMap adopted\/settings/);
  expect(plan).toContain('applied before by kubectl');
  expect(plan).toContain('~ /data/value: old → new');
  expect(plan).toContain('- /data/extra: x');
  expect(plan).toContain('needs a person: ConfigMap adopted/settings: kubectl applied it before');
  expect(await staging.find(path)).toMatchObject({ data: { value: 'new' } });
});

it('a field that somebody holds is taken once a person saw from whom', async () => {
  await fleet.git('pull', '--quiet', '--rebase');
  await declare(fleet, { name: 'taken' });
  await syncline.arrived('taken', await fleet.push('Add taken'));
  const staging = await liveCluster('staging');
  const path = deploymentPath('taken', 'taken');
  const theirs = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'taken' },
    spec: { replicas: 5 },
  };
  expect((await staging.apply(path, 'somebody-else', theirs)).code).toBe(200);
  await fleet.write('apps/taken/web.yaml', deployment('taken', 2));
  const plan = await approved('taken', await fleet.push('Two replicas'));
  expect(plan).toContain('takes /spec/replicas from somebody-else (Apply), set by Syncline before');
  expect(replicasOf(await staging.find(path))).toBe(2);
});

it('an object that cannot be changed is refused with what to annotate, and then made anew', async () => {
  const job = (image: string, annotations = '{}'): string =>
    [
      'apiVersion: batch/v1',
      'kind: Job',
      `metadata: { name: once, annotations: ${annotations} }`,
      'spec:',
      '  template:',
      `    spec: { restartPolicy: Never, containers: [{ name: work, image: "${image}" }] }`,
      '',
    ].join('\n');
  await fleet.git('pull', '--quiet', '--rebase');
  await declare(fleet, { name: 'renewed' }, { 'job.yaml': job('busybox:1') });
  await syncline.arrived('renewed', await fleet.push('Add renewed'));
  const staging = await liveCluster('staging');
  const path = '/apis/batch/v1/namespaces/renewed/jobs/once';
  const uidOf = async (): Promise<unknown> =>
    ((await staging.find(path))?.metadata as { uid?: string } | undefined)?.uid;
  const former = await uidOf();

  await fleet.write('apps/renewed/job.yaml', job('busybox:2'));
  await fleet.push('Another image');
  const [row] = await syncline.untilTargets('renewed', 'is refused', (one) => one.sync === 'Failed');
  expect(row!.message).toContain('syncline.dev/replace');
  expect(await uidOf()).toBe(former);

  await fleet.write('apps/renewed/job.yaml', job('busybox:2', '{ syncline.dev/replace: "true" }'));
  await syncline.arrived('renewed', await fleet.push('Allow the Job to be replaced'));
  expect(await uidOf()).toBeDefined();
  expect(await uidOf()).not.toBe(former);
});
