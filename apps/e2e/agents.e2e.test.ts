import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import { startProcess, type ManagedProcess } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { root } from './platform/command-line.js';
import { declare } from './platform/declared.js';
import { FleetRepository } from './platform/fleet-repository.js';
import { Installation } from './platform/installation.js';
import { deploymentPath, LiveCluster, replicasOf } from './platform/live-cluster.js';
import { NetworkStretch } from './platform/network-stretch.js';

const lostAfterSeconds = 5;
const patience = 30_000;

let folder: string;
let syncline: Installation;
let clone: FleetRepository;
let sandbox: ManagedProcess;
let far: LiveCluster;
let network: NetworkStretch;
let agent: ManagedProcess | undefined;
/** The command that was printed, as it was printed. */
let command: string;

type ClusterRow = {
  readonly cluster: string;
  readonly state: string;
  readonly since: string;
  readonly reason?: string;
};
const clusterRow = async (): Promise<ClusterRow | undefined> => {
  const { clusters } = JSON.parse(await syncline.run('cluster', 'list', '-o', 'json')) as {
    clusters: ClusterRow[];
  };
  return clusters.find(({ cluster }) => cluster === 'far');
};
const until = (state: string): Promise<ClusterRow> =>
  eventually(
    async () => {
      const row = await clusterRow();
      return row?.state === state && row;
    },
    patience,
    `cluster far is ${state}`,
    250,
  );
const joinWord = (text: string): string => /SYNCLINE_JOIN=(\S+)/.exec(text)?.[1] ?? '';

/** Types the command as it was printed, beside a kubeconfig of its own, on a shell that knows nothing else. */
const joinAgent = async (): Promise<void> => {
  const kubeconfig = join(folder, 'elsewhere', 'clusters', 'far', 'kubeconfig');
  const [word, , ...args] = command.replace('~/.kube/config', kubeconfig).trim().split(' ');
  agent = await startProcess({
    name: 'agent',
    command: join(root, 'syncline'),
    args,
    env: { PATH: process.env.PATH ?? '', SYNCLINE_JOIN: joinWord(word ?? '') },
    cwd: root,
    logFile: join(folder, 'agent.log'),
  });
};
/** The process that works, which the command started. */
const agentPid = async (): Promise<number> => {
  const children = await readFile(`/proc/${agent!.pid}/task/${agent!.pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
};
const replicas = async (): Promise<unknown> => replicasOf(await far.find(deploymentPath('beyond', 'beyond')));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-agents-'));
  syncline = new Installation(join(folder, 'state'));
  process.env.SYNCLINE_AGENT_LOST_AFTER_SECONDS = String(lostAfterSeconds);
  const { stdout } = await syncline.cli('up', '--clusters', 'sandbox', '--detach');
  clone = await FleetRepository.clone(/http:\/\/\S+\.git/.exec(stdout)?.[0] ?? '', folder);
  const dir = join(folder, 'elsewhere', 'clusters');
  sandbox = await startProcess({
    name: 'sandbox',
    command: process.execPath,
    args: [join(root, 'libs/sandbox-cluster/dist/main.js'), '--dir', dir, '--clusters', 'far'],
    logFile: join(folder, 'sandbox.log'),
  });
  const isReady = (): boolean => sandbox.lastLines().some((line) => line.startsWith('{"clusters"'));
  await eventually(isReady, patience, 'the sandbox');
  far = await LiveCluster.of(join(folder, 'elsewhere'), 'far');
  const ports = JSON.parse(await readFile(join(syncline.state, 'ports.json'), 'utf8')) as { nats: number };
  network = await NetworkStretch.before(ports.nats);
}, 120_000);

afterAll(async () => {
  delete process.env.SYNCLINE_AGENT_LOST_AFTER_SECONDS;
  // First what would outlive this process, should the beginning have failed.
  await syncline.cli('down');
  await agent?.stop();
  await sandbox.stop();
  await network.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('an agent beside a remote cluster', () => {
  it('joins by one printed command, and a push deploys there', async () => {
    const server = `nats://127.0.0.1:${network.port}`;
    const printed = await syncline.run(
      'cluster',
      'add',
      'far',
      '--agent',
      '--label',
      'site=far',
      '--server',
      server,
    );
    command = /^ {2}SYNCLINE_JOIN=.*$/m.exec(printed)?.[0] ?? '';
    expect(printed).toMatch(/this machine/);
    expect((await clusterRow())?.state).toBe('Pending');
    await joinAgent();
    await until('Connected');
    await declare(clone, { name: 'beyond', on: { site: 'far' } });
    await syncline.arrived('beyond', await clone.push('An application beyond'));
    expect(await replicas()).toBe(1);
    expect(network.connections).toBeGreaterThan(0);
  });

  it('leaves nothing of what it joined with in the log of events, in the services’ logs, or in what is shown', async () => {
    const own = JSON.parse(
      Buffer.from(joinWord(command).split('.')[0] ?? '', 'base64url').toString(),
    ) as Record<string, string>;
    const secrets = [own.seed, own.identity, joinWord(command)].map((one) => one ?? 'none');
    const kept = [
      JSON.stringify(await syncline.events('0.0')),
      await readFile(join(folder, 'agent.log'), 'utf8'),
    ];
    for (const file of await readdir(join(syncline.state, 'logs')))
      kept.push(await readFile(join(syncline.state, 'logs', file), 'utf8'));
    for (const secret of secrets) expect(kept.some((text) => text.includes(secret))).toBe(false);
  });

  it('is lost when it is killed: by the hub’s word, its targets Unknown since then; and catches up when it is back', async () => {
    const before = await syncline.position();
    const killedAt = Date.now();
    process.kill(await agentPid(), 'SIGKILL');
    const { reason, since } = await until('Lost');
    expect(reason).toMatch(/its agent is lost/);
    expect(Math.abs(Date.parse(since) - killedAt)).toBeLessThan(4_000);
    const [row] = await syncline.targetsOf('beyond');
    expect(row).toMatchObject({ sync: 'Unknown', health: 'Unknown' });
    expect(Math.abs(Date.parse(row?.since ?? '') - killedAt)).toBeLessThan(4_000);
    expect(await syncline.run('why', 'beyond', '--cluster', 'far')).toMatch(
      /its agent is lost[\s\S]*--agent makes another/,
    );
    await clone.edit('apps/beyond/web.yaml', 'replicas: 1', 'replicas: 3');
    const pushed = await clone.push('Three beyond');
    await joinAgent();
    await syncline.arrived('beyond', pushed);
    expect(await replicas()).toBe(3);
    const events = (await syncline.events(before)).filter(({ subject }) => subject === 'ev.fleet.far');
    expect(events.map(({ type }) => type)).toEqual(['AgentLost', 'AgentReturned']);
    await until('Connected');
  }, 90_000);

  it('is lost when its network is cut, and what it saw meanwhile is told as of when it happened', async () => {
    const before = await syncline.position();
    network.cut();
    await until('Lost');
    const deletedAt = Date.now();
    expect((await far.call('DELETE', deploymentPath('beyond', 'beyond'))).code).toBe(200);
    await syncline.untilTargets('beyond', 'unknown', ({ health }) => health === 'Unknown');
    network.mend();
    await until('Connected');
    const told = await syncline.untilEvent(before, 'HealthTransitioned', ({ subject }) =>
      subject.startsWith('ev.cluster.far.'),
    );
    const { time, recordedtime } = told as unknown as { time: string; recordedtime: string };
    expect(Date.parse(time)).toBeLessThan(Date.parse(recordedtime));
    expect(Date.parse(time) - deletedAt).toBeLessThan(2_000);
    expect(await syncline.events(before, '&type=AgentReturned')).toHaveLength(1);
    expect(await replicas()).toBeUndefined();
    await clone.edit('apps/beyond/web.yaml', 'replicas: 3', 'replicas: 4');
    await syncline.arrived('beyond', await clone.push('Four beyond'));
    expect(await replicas()).toBe(4);
  }, 90_000);

  it('is cut off when another takes its place, and when its cluster leaves the fleet', async () => {
    const first = agent!;
    const printed = await syncline.run('cluster', 'add', 'far', '--agent', '--label', 'site=far');
    command = /^ {2}SYNCLINE_JOIN=.*$/m.exec(printed)?.[0] ?? '';
    await joinAgent();
    await until('Connected');
    await clone.edit('apps/beyond/web.yaml', 'replicas: 4', 'replicas: 2');
    await syncline.arrived('beyond', await clone.push('Two beyond'));
    await first.stop();
    await syncline.run('cluster', 'remove', 'far');
    const said = (): Promise<string> => readFile(join(folder, 'agent.log'), 'utf8');
    await eventually(
      async () => ((await said()).split('is served').at(-1) ?? '').includes('does not answer'),
      patience,
      'cut off',
    );
    await agent?.stop();
    await joinAgent();
    await agent?.ended;
    expect(await said()).toMatch(/authorization violation|log-forbidden/i);
  }, 90_000);
});
