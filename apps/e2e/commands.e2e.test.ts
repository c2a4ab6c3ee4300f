import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { declare } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { deploymentPath } from './platform/live-cluster.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';
import { typeCommand } from './platform/typed-command.js';

const syncline = sharedInstallation();
const state = sharedState;
let fleet: FleetRepository;
let first: string;
let second: string;

const type = (...args: string[]) => typeCommand(state, args);

const replicas = async (from: number, to: number): Promise<string> => {
  await fleet.git('pull', '--quiet', '--rebase');
  await fleet.edit('apps/watched/web.yaml', `replicas: ${from}`, `replicas: ${to}`);
  return fleet.push(`Watched: ${to} replicas`);
};

beforeAll(async () => {
  fleet = await cloneFleet();
  await declare(fleet, { name: 'watched' });
  first = await fleet.push('Add watched');
  await syncline.arrived('watched', first);
});

describe('a screen that follows', () => {
  it('shows a push as it happens, and ends at Ctrl-C without complaint', async () => {
    const status = type('status', '--watch');
    const tail = type('log', 'tail', '--follow', '--application', 'watched', '--limit', '1');
    const lines = type('log', 'tail', '--follow', '--limit', '0', '--type', 'ApplySucceeded', '-o', 'json');
    await Promise.all([status.untilSaid('Log position'), tail.untilSaid('watched')]);
    second = await replicas(1, 2);
    const short = second.slice(0, 7);
    await Promise.all([
      status.untilSaid(new RegExp(`watched +staging +${short} +InSync +Current`)),
      tail.untilSaid(`rollout of ${short} completed`),
      lines.untilSaid(second),
    ]);
    const ends = await Promise.all([status.interrupt(), tail.interrupt(), lines.interrupt()]);
    for (const { code, stderr } of ends) {
      expect([0, 130]).toContain(code);
      expect(stderr).toBe('');
    }
    const events = ends[2].stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string }); // prettier-ignore
    expect(new Set(events.map((event) => event.type))).toEqual(new Set(['ApplySucceeded']));
  });
});

describe('the log', () => {
  it('shows its last events of one type', async () => {
    const said = await syncline.run('log', 'tail', '--type', 'ApplySucceeded', '--limit', '3', '-o', 'json');
    const events = said.trim().split('\n').map((line) => JSON.parse(line) as { type: string }); // prettier-ignore
    expect(events.map((event) => event.type)).toEqual(Array(3).fill('ApplySucceeded'));
  });

  it('is exported whole, and verified with nothing but the file and the key', async () => {
    const file = join(state, '..', 'commands.export');
    expect(await syncline.run('log', 'export', file)).toContain(`log verify ${file}`);
    const { key } = JSON.parse(await syncline.run('log', 'checkpoint', '-o', 'json')) as { key: string };
    const said = await syncline.run('log', 'verify', file, '--key', key);
    expect(said).toMatch(/^All \d+ messages of the log are as they were signed/);
    const bytes = await readFile(file);
    const at = bytes.indexOf('ApplySucceeded');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const wrong = await syncline.cli('log', 'verify', file, '--key', key);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/is wrong at position \d+: /);
    const unwritable = await syncline.cli('log', 'export', '/nowhere/log.ndjson');
    expect(unwritable).toMatchObject({ code: 1, stdout: '' });
    expect(unwritable.stderr).toMatch(/^\/nowhere\/log\.ndjson cannot be written[^\n]*\n$/);
  });
});

describe('a plan', () => {
  it('of another revision is a preview that applies nothing; its exit code tells whether it would change anything', async () => {
    const told = async () =>
      (await syncline.events('0.0')).filter(({ subject }) => subject.endsWith('.watched')).length;
    const before = await told();
    const back = await syncline.cli('plan', 'watched', '--revision', first, '--exit-code');
    expect(back.code).toBe(3);
    expect(back.stdout).toMatch(/replicas|configure/);
    expect((await syncline.cli('plan', 'watched', '--revision', second, '--exit-code')).code).toBe(0);
    expect((await syncline.cli('diff', 'watched', '--exit-code')).code).toBe(0);
    expect(await told()).toBe(before);
    const diff = await syncline.cli('diff', 'watched', '--revision', first, '--exit-code');
    expect(diff.code).toBe(3);
    expect(diff.stdout).toMatch(/replicas/);
  });

  it('that waits is a difference until it is approved', async () => {
    await declare(fleet, { name: 'considered', mode: 'approval' });
    const sha = await fleet.push('Add considered');
    await syncline.untilTargets('considered', 'waits', (row) => row.sync === 'AwaitingApproval');
    for (const command of ['plan', 'diff'])
      expect((await syncline.cli(command, 'considered', '--exit-code')).code, command).toBe(3);
    await syncline.run('approve', 'considered', '--reason', 'seen');
    await syncline.arrived('considered', sha);
    for (const command of ['plan', 'diff'])
      expect((await syncline.cli(command, 'considered', '--exit-code')).code, command).toBe(0);
  });
});

describe('an answer', () => {
  it.each([
    'status',
    'app list',
    'app show watched',
    'plan watched',
    'diff watched',
    'history watched',
    'repo list',
    'cluster list',
    'token list',
  ])('to %s is the same in JSON and YAML, and a table for people', async (command) => {
    const args = command.split(' ');
    const table = await syncline.run(...args);
    expect(table).not.toMatch(/undefined|null|\[object/);
    const json = JSON.parse(await syncline.run(...args, '-o', 'json')) as unknown;
    expect(parse(await syncline.run(...args, '-o', 'yaml'))).toEqual(json);
  });

  it('tells the whole story of an application', async () => {
    const told = await syncline.run('history', 'watched', '--limit', '1');
    expect(told).toContain('Watched: 2 replicas');
    expect(told).not.toContain('Add watched');
    expect(await syncline.run('app', 'show', 'watched')).toMatch(/env=staging/);
  });
});

describe('a token of a viewer', () => {
  it('may read, may not approve, and ends at once when it is revoked', async () => {
    const made = await syncline.run('token', 'create', 'reader', '--role', 'viewer', '-o', 'json');
    const { id, token } = JSON.parse(made) as { id: string; token: string };
    const environment = { SYNCLINE_TOKEN: token };
    const asViewer = (...args: string[]) => typeCommand(state, args, { environment }).ended;
    expect((await asViewer('status')).stdout).toContain('watched');
    const { plan } = (await syncline.targetsOf('watched'))[0]!;
    const refused = await asViewer('approve', plan!);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^[^\n]*viewer[^\n]*\.\n$/);
    expect(await syncline.run('token', 'list')).toContain(id);
    await syncline.run('token', 'revoke', id);
    const ended = await asViewer('status');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/^The API does not accept this token[^\n]*\n$/);
    expect(await syncline.run('token', 'list')).not.toContain(id);
  });
});

describe('a cluster', () => {
  const known = async (): Promise<readonly { cluster: string; state: string }[]> => {
    const text = await syncline.run('cluster', 'list', '-o', 'json');
    return (JSON.parse(text) as { clusters: { cluster: string; state: string }[] }).clusters;
  };
  const untilGone = () =>
    eventually(
      async () => (await syncline.fleet()).every(({ application }) => application !== 'roaming'),
      30_000,
      'roaming to leave',
    );

  it('is registered, takes applications on and off by its labels, and is removed', async () => {
    await declare(fleet, { name: 'roaming', on: { ring: 'test' } });
    const sha = await fleet.push('Add roaming');
    const kubeconfig = join(state, 'clusters', 'staging', 'kubeconfig');
    await syncline.run('cluster', 'add', 'again', '--kubeconfig', kubeconfig, '--label', 'ring=test');
    await eventually(
      async () => (await known()).some((one) => one.cluster === 'again' && one.state === 'Connected'),
      30_000,
      'the cluster to answer',
      250,
    );
    const current = (row: { revision: string | null; health: string }) =>
      row.revision === sha && row.health === 'Current';
    await syncline.untilTargets('roaming', 'runs on again', current);

    await syncline.run('cluster', 'label', 'again', 'ring-', 'idle=true');
    await untilGone();
    await syncline.run('cluster', 'label', 'again', 'ring=test', 'idle-');
    await syncline.untilTargets('roaming', 'runs on again once more', current);
    expect(await syncline.run('cluster', 'list')).toMatch(/again +ring=test +hub +Connected/);
    const shared = await syncline.untilTargets(
      'backups',
      'is Current on all',
      (row) => row.health === 'Current',
    );
    expect(shared.map((row) => row.cluster)).toContain('again');

    await syncline.run('cluster', 'remove', 'again');
    await untilGone();
    expect((await known()).map((one) => one.cluster)).not.toContain('again');
    expect(await (await liveCluster('staging')).find(deploymentPath('roaming', 'roaming'))).toBeDefined();
  });
});

describe('wrong use is one sentence', () => {
  it.each([
    [['launch'], 2, /unknown command 'launch'/],
    [['plan'], 2, /missing required argument 'application'/],
    [['wait', 'watched', '--revision', 'x', '--timeout', 'soon'], 2, /60s/],
    [['status', '-o', 'xml'], 2, /table, json, yaml/],
    [['wait', 'watched', '--revision', 'abc'], 1, /in full/],
    [['app', 'show', 'wached'], 1, /Did you mean watched\?/],
    [['repo', 'add', 'x', 'ftp://example.com/x.git'], 1, /https:\/\//],
    [['cluster', 'label', 'staging', 'a b=c'], 1, /label key/],
    [['cluster', 'label', 'staging', 'nothing'], 2, /name=value/],
    [['cluster', 'add', 'x', '--kubeconfig', '/nowhere'], 1, /cannot be read/],
    [['approve', 'watched'], 1, /waits for an approval/],
    [['repo', 'refresh', 'nowhere'], 1, /no repository nowhere/],
  ])('%j', async (args, code, sentence) => {
    const outcome = await syncline.cli(...args);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    const lines = outcome.stderr.trim().split('\n').filter((line) => !line.startsWith('(--help')); // prettier-ignore
    expect(lines).toHaveLength(1);
  });

  it('where no installation is, and with a token that nobody issued', async () => {
    const none = await typeCommand(join(state, 'nowhere'), ['status']).ended;
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toMatch(/^Syncline is not running in [^\n]*\n$/);
    const wrong = await typeCommand(state, ['status'], { environment: { SYNCLINE_TOKEN: 'guessed' } }).ended;
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/^The API does not accept this token[^\n]*\n$/);
  });
});
