import { beforeAll, expect, it } from 'vitest';

import { declaration, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath } from './platform/live-cluster.js';
import { signal } from './platform/processes.js';
import { cloneFleet, liveCluster, sharedInstallation } from './platform/shared.js';

const syncline = sharedInstallation();
let fleet: FleetRepository;

beforeAll(async () => {
  fleet = await cloneFleet();
});

const deployed = async (name: string, drift: 'heal' | 'detect'): Promise<void> => {
  await fleet.git('pull', '--quiet', '--rebase');
  const declared = declaration({ name }).replace('  sync:\n', `  sync:\n    drift: ${drift}\n`);
  await fleet.write(`applications/${name}.yaml`, declared);
  await fleet.write(`apps/${name}/web.yaml`, deployment(name));
  await syncline.arrived(name, await fleet.push(`Add ${name}`));
};

/** What `kubectl edit` does to the image of the first container. */
const editImage = async (name: string, image: string): Promise<void> => {
  const staging = await liveCluster('staging');
  const path = deploymentPath(name, name);
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
  const type = 'application/json-patch+json';
  expect((await staging.call('PATCH', `${path}?fieldManager=kubectl-edit`, patch, type)).code).toBe(200);
};

const imageOf = async (name: string): Promise<unknown> => {
  const staging = await liveCluster('staging');
  const found = (await staging.find(deploymentPath(name, name))) as {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  return found.spec.template.spec.containers[0]?.image;
};

it('drift is shown with field and manager until it is gone, where it is only detected', async () => {
  await deployed('watched-only', 'detect');
  await editImage('watched-only', 'registry.example.com/hotfix:9');
  const [row] = await syncline.untilTargets('watched-only', 'drifted', (one) => one.sync === 'Drifted');
  expect(JSON.stringify(row)).toContain(
    'Deployment watched-only/watched-only /spec/template/spec/containers/[name=web]/image by kubectl-edit',
  );
  expect(await imageOf('watched-only')).toBe('registry.example.com/hotfix:9');
  expect(await syncline.run('drift', 'watched-only')).toMatch(
    /staging +\d+ s +open +Deployment .+ by kubectl-edit/,
  );
  await editImage('watched-only', 'registry.example.com/watched-only:1');
  await syncline.untilTargets('watched-only', 'in sync again', (one) => one.sync === 'InSync');
  expect(await syncline.run('drift', 'watched-only')).toContain(
    'Nothing of watched-only is drifted. --all shows what was.',
  );
  expect(await syncline.run('drift', 'watched-only', '--all')).toContain('undone by kubectl-edit');
});

it('drift is healed where Git asks for it, and the history tells who caused it and how long it was there', async () => {
  await deployed('healed', 'heal');
  const from = await syncline.position();
  await editImage('healed', 'registry.example.com/hotfix:9');
  const isOurs = ({ subject }: { subject: string }) => subject.endsWith('.healed');
  const healed = await syncline.untilEvent(from, 'DriftHealed', isOurs);
  expect(healed.data).toMatchObject({ by: 'heal', manager: 'syncline' });
  expect(await imageOf('healed')).toBe('registry.example.com/healed:1');
  const history = await syncline.run('history', 'healed');
  expect(history).toContain('by kubectl-edit');
  expect(history).toMatch(/drift gone after \d+\.\d s, healed by a plan/);
  await syncline.untilTargets('healed', 'in sync', (one) => one.sync === 'InSync');
});

it('what drifts again and again is told with the rule that ignores it, and pasted it ends the drift', async () => {
  await deployed('restless', 'detect');
  const staging = await liveCluster('staging');
  const scale = async (replicas: number) => {
    const path = `${deploymentPath('restless', 'restless')}?fieldManager=hotfix`;
    const answer = await staging.call('PATCH', path, { spec: { replicas } }, 'application/merge-patch+json');
    expect(answer.code).toBe(200);
  };
  const { spec } = (await staging.find(deploymentPath('restless', 'restless'))) as {
    spec: { replicas: number };
  };
  const isOurs = ({ subject }: { subject: string }) => subject.endsWith('.restless');
  for (let round = 0; round < 3; round += 1) {
    const from = await syncline.position();
    await scale(7);
    await syncline.untilEvent(from, 'DriftDetected', isOurs);
    if (round === 2) break;
    await scale(spec.replicas);
    await syncline.untilEvent(from, 'DriftHealed', isOurs);
  }
  const shown = await syncline.run('drift', 'restless');
  expect(shown).toMatch(
    /Deployment restless\/restless \/spec\/replicas on staging: 3 times since .+, by hotfix/,
  );
  const [rule] = /- \{ group: apps, kind: Deployment, .+ \}/.exec(shown) ?? [''];
  const from = await syncline.position();
  await fleet.git('pull', '--quiet', '--rebase');
  const declared = declaration({ name: 'restless' });
  const pasted = declared.replace('  sync:\n', `  sync:\n    ignore:\n      ${rule}\n`);
  await fleet.write('applications/restless.yaml', pasted);
  await fleet.push('Leave the replicas to the hotfix');
  expect((await syncline.untilEvent(from, 'DriftHealed', isOurs)).data).toMatchObject({ by: 'ignored' });
  await syncline.untilTargets('restless', 'in sync', (one) => one.sync === 'InSync');
  await fleet.write('apps/restless/web.yaml', deployment('restless').replace(':1"', ':2"'));
  await syncline.arrived('restless', await fleet.push('Another image'));
  const live = (await staging.find(deploymentPath('restless', 'restless'))) as { spec: { replicas: number } };
  expect(live.spec.replicas).toBe(7);
  expect(await imageOf('restless')).toMatch(/:2$/);
});

it('an object that somebody deletes is made again, and a label of ours that somebody removes is put back', async () => {
  await deployed('robust', 'heal');
  const staging = await liveCluster('staging');
  const path = deploymentPath('robust', 'robust');
  const isOurs = ({ subject }: { subject: string }) => subject.endsWith('.robust');
  const healed = async (harm: () => Promise<{ readonly code: number }>) => {
    const from = await syncline.position();
    expect((await harm()).code).toBe(200);
    expect((await syncline.untilEvent(from, 'DriftHealed', isOurs)).data).toMatchObject({ by: 'heal' });
    return (await staging.find(path)) as { metadata: { labels: Record<string, string> } };
  };
  const label = 'applyset.kubernetes.io/part-of';
  const made = await healed(() => staging.call('DELETE', path));
  expect(made.metadata.labels).toHaveProperty(label);
  const patch = { metadata: { labels: { [label]: null } } };
  const labelled = await healed(() => staging.call('PATCH', path, patch, 'application/merge-patch+json'));
  expect(labelled.metadata.labels).toEqual(made.metadata.labels);
});

it('a drift is said once and healed once though the applier is killed in the middle', async () => {
  await deployed('survivor', 'heal');
  const from = await syncline.position();
  const isOurs = ({ subject }: { subject: string }) => subject.endsWith('.survivor');
  await editImage('survivor', 'registry.example.com/hotfix:9');
  await syncline.untilEvent(from, 'DriftDetected', isOurs);
  signal(await syncline.pidsOf('applier'), 'SIGKILL');
  // As in every test that kills: the supervisor and the planner may each pause for half a minute before they try again.
  await syncline.untilEvent(from, 'DriftHealed', isOurs, 120_000);
  expect(await imageOf('survivor')).toBe('registry.example.com/survivor:1');
  const types = (await syncline.events(from)).filter(isOurs).map(({ type }) => type);
  for (const once of ['DriftDetected', 'DriftHealed'])
    expect(types.filter((type) => type === once)).toHaveLength(1);
});
