import { it } from 'vitest';

import { configMap, declaration, declare, deployment } from '../platform/declared.js';
import { deploymentPath } from '../platform/live-cluster.js';
import { clusterPids, signal } from '../platform/processes.js';
import { record, type Stage } from './recording.js';

const names = ['backa', 'backb'] as const;

const declared = (name: string): string =>
  declaration({ name }).replace(
    `metadata: { name: ${name} }`,
    `metadata: { name: ${name}, labels: { set: back } }`,
  );

/** Drift that is only said, and drift that is undone. */
const drifts = async ({ syncline, fleet, cluster }: Stage): Promise<void> => {
  for (const drift of ['heal', 'detect'] as const) {
    const name = `drift-${drift}`;
    await fleet.write(
      `applications/${name}.yaml`,
      declaration({ name }).replace('  sync:\n', `  sync:\n    drift: ${drift}\n`),
    );
    await fleet.write(`apps/${name}/web.yaml`, deployment(name));
  }
  const sha = await fleet.push('Add what drifts');
  for (const drift of ['heal', 'detect'] as const) {
    const name = `drift-${drift}`;
    await syncline.arrived(name, sha);
    const from = await syncline.position();
    const path = `${deploymentPath(name, name)}?fieldManager=kubectl-edit`;
    const patch = [{ op: 'replace', path: '/spec/replicas', value: 3 }];
    await (await cluster('staging')).call('PATCH', path, patch, 'application/json-patch+json');
    await syncline.untilEvent(from, drift === 'heal' ? 'DriftHealed' : 'DriftDetected');
  }
};

/** Deployments that run again, objects that come back, and two applications that become what they were. */
const repeats = async ({ syncline, fleet }: Stage): Promise<void> => {
  const scale = async (count: number): Promise<string> => {
    for (const name of names) await fleet.write(`apps/${name}/web.yaml`, deployment(name, count));
    const sha = await fleet.push(`${count} replicas`);
    for (const name of names) await syncline.arrived(name, sha);
    return sha;
  };
  for (const name of names) {
    await declare(fleet, { name });
    await fleet.write(`applications/${name}.yaml`, declared(name));
    await fleet.write(`apps/${name}/limits.yaml`, configMap('limits', 'a'));
  }
  await scale(1);
  const then = new Date().toISOString();
  await fleet.remove('apps/backa/limits.yaml');
  const newest = await scale(2);
  const deployments = JSON.parse(await syncline.run('deployments', 'backa', '-o', 'json')) as {
    plan: string;
  }[];
  await syncline.run('replay', deployments[1]?.plan.slice(0, 12) ?? '', '--reason', 'orders fail');
  await syncline.untilTargets('backa', 'runs the replay', (one) => one.sync === 'Held');
  await syncline.run('replay', '--end', 'backa', '--reason', 'mended');
  await syncline.arrived('backa', newest);
  await syncline.run('undelete', 'backa', '--yes', '--reason', 'it is still read');
  await scale(3);
  await syncline.run(
    'restore',
    '--as-of',
    then,
    '--selector',
    'set=back',
    '--reason',
    'orders fail',
    '--yes',
  );
  await scale(4);
};

/** A cluster whose API server is away while a change comes, and a planner that is killed in a rollout. */
const faults = async ({ syncline, fleet }: Stage): Promise<void> => {
  const servers = await clusterPids(syncline, 'prod-eu', 'kube-apiserver');
  let sha: string;
  signal(servers, 'SIGSTOP');
  try {
    const gone = await syncline.position();
    await fleet.edit('apps/storefront/deployment.yaml', 'replicas: 2', 'replicas: 3');
    sha = await fleet.push('While a cluster is away');
    await syncline.untilEvent(gone, 'ClusterLost', (one) => one.data.cluster === 'prod-eu', 180_000);
    await syncline.untilEvent(gone, 'PlanHeld', (one) => one.data.by === 'cluster', 180_000);
  } finally {
    signal(servers, 'SIGCONT');
  }
  await syncline.arrived('storefront', sha, '120s');
  const from = await syncline.position();
  await fleet.edit('apps/storefront/deployment.yaml', 'replicas: 3', 'replicas: 2');
  const next = await fleet.push('While the planner is killed');
  await syncline.untilEvent(from, 'PlanRequested');
  signal(await syncline.pidsOf('planner'), 'SIGKILL');
  await syncline.arrived('storefront', next, '120s');
};

it('records returns', async () => {
  await record('returns', async (stage) => {
    for (const part of [drifts, repeats, faults]) await part(stage);
  });
});
