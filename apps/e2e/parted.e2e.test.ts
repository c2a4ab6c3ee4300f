import { beforeAll, expect, it } from 'vitest';

import { declaration, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;
let revision: string;

const name = 'twins';
const clusters = ['staging', 'prod-eu'] as const;

/** On every cluster, with a number of replicas that is staging's own; a person approves. */
const declared = (mode: 'automatic' | 'approval') =>
  declaration({ name, on: {}, mode })
    .replace(
      '} }\n  sync:',
      [
        '}',
        '    overrides:',
        '      - match: { matchLabels: { env: staging } }',
        '        patches:',
        `          - target: { kind: Deployment, name: ${name} }`,
        `            patch: '[{"op": "replace", "path": "/spec/replicas", "value": 2}]'`,
        '  sync:',
      ].join('\n'),
    )
    .replace('placement: { clusters:', 'placement:\n    clusters:');

const parted = (a: string = clusters[0], b: string = clusters[1]) => syncline.run('parted', name, a, b);

const scale = async (replicas: number) => {
  const staging = await liveCluster('staging');
  const path = `${deploymentPath(name, name)}?fieldManager=kubectl-edit`;
  const answer = await staging.call('PATCH', path, { spec: { replicas } }, 'application/merge-patch+json');
  expect(answer.code).toBe(200);
};

beforeAll(async () => {
  fleet = await cloneFleet();
  await fleet.write(`applications/${name}.yaml`, declared('automatic'));
  await fleet.write(`apps/${name}/web.yaml`, deployment(name));
  revision = await fleet.push('Add twins');
  await syncline.arrived(name, revision);
});

it('two targets that differ by nothing but values per cluster are the same', async () => {
  const text = await parted();
  expect(text).toContain('twins on staging and on prod-eu are the same, since ');
  expect(text).toContain('1 field differs as the application declares for its clusters.');
});

it('somebody who scales one of them is where they parted, until that is undone', async () => {
  await scale(7);
  await syncline.untilTargets(name, 'drifted', (one) => one.cluster !== 'staging' || one.sync === 'Drifted');
  const text = await parted();
  expect(text).toMatch(
    /They parted on staging, .+: Drifted: Deployment twins\/twins .+replicas 2 → 7 by kubectl-edit/,
  );
  expect(text).toContain('staging: runs');
  await scale(2);
  await syncline.untilTargets(name, 'in sync', (one) => one.sync === 'InSync');
  expect(await parted()).toContain('are the same, since ');
});

it('a change that was approved for one alone is where they parted, with why it came and what holds the other', async () => {
  await fleet.git('pull', '--quiet', '--rebase');
  await fleet.write(`applications/${name}.yaml`, declared('approval'));
  await fleet.write(`apps/${name}/web.yaml`, deployment(name).replace(':1"', ':2"'));
  const next = await fleet.push('Another image for the twins');
  const waiting = await syncline.untilTargets(name, 'waits', (one) => one.sync === 'AwaitingApproval');
  const one = waiting.find(({ cluster }) => cluster === 'staging');
  await syncline.run('approve', one!.plan!, '--reason', 'staging first');
  await syncline.untilTargets(
    name,
    'applied on one',
    (each) => each.cluster !== 'staging' || each.sync === 'InSync',
  );
  const text = await parted();
  expect(text).toMatch(/were the same from .+ until /);
  expect(text).toMatch(/They parted on staging, .+: applied/);
  expect(text).toMatch(/approved by .+: staging first/);
  expect(text).toContain('"Another image for the twins"');
  expect(text).toMatch(/held by approval/);
  expect(text).toContain('registry.example.com/twins:2 → registry.example.com/twins:1');
  expect(text).not.toContain('/spec/replicas');
  expect(text).toContain(`staging: runs ${next.slice(0, 7)}`);
  const json = JSON.parse(await syncline.run('parted', name, ...clusters, '-o', 'json')) as {
    status: string;
  };
  expect(json.status).toBe('parted');
});

it('what was never placed there is said by name', async () => {
  const refused = await syncline.cli('parted', name, 'staging', 'nowhere');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('was never placed on nowhere');
});
