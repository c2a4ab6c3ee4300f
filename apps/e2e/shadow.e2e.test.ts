import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { cloneFleet, sharedInstallation } from './platform/shared.js';

type Report = {
  readonly decisions: number;
  readonly same: number;
  readonly different: number;
  readonly forPersons: number;
  readonly differences: readonly unknown[];
};

const syncline = sharedInstallation();
let fleet: FleetRepository;
let folder: TemporaryFolder;
let file: string;
let begun: string;

beforeAll(async () => {
  folder = await temporaryFolder('shadow');
  file = join(folder.path, 'log.export');
  fleet = await cloneFleet();
  begun = await syncline.position();
  await declare(fleet, { name: 'shadowed', mode: 'approval' });
  for (const replicas of [1, 2]) {
    await fleet.write('apps/shadowed/web.yaml', deployment('shadowed', replicas));
    const sha = await fleet.push(`${replicas} replicas`);
    await syncline.untilTargets(
      'shadowed',
      'waits',
      (one) => one.sync === 'AwaitingApproval' && one.desiredRevision === sha,
    );
    await syncline.run('approve', 'shadowed');
    await syncline.arrived('shadowed', sha);
  }
  await syncline.run('log', 'export', file);
});
afterAll(() => folder.remove());

const refused = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await syncline.cli('shadow', ...args);
  expect([code, stdout]).toEqual([1, '']);
  return stderr;
};

it('what a running planner decided is decided so again, from a file and from the installation', async () => {
  const told = await syncline.run('shadow', file, '--from', begun);
  expect(told).toMatch(/(\d+) decisions of the planner: \1 are made so today, none differs\./);
  const running = ['shadow', '--from', begun, '--to', await syncline.position(), '-o', 'json'];
  const report = JSON.parse(await syncline.run(...running)) as Report;
  expect(report).toMatchObject({ different: 0, forPersons: 2, differences: [] });
  expect(report.decisions).toBeGreaterThan(8);
  expect(report.same).toBe(report.decisions);
});

it('a file that is not what was signed, or is not of the beginning, is refused', async () => {
  const whole = await readFile(file);
  const other = join(folder.path, 'other.export');
  const changed = Uint8Array.from(whole);
  changed[Math.floor(whole.length / 2)]! ^= 1;
  await writeFile(other, changed);
  expect(await refused(other)).toMatch(/other\.export is wrong at position \d+: /);
  await writeFile(other, whole.subarray(0, whole.length - 200));
  expect(await refused(other)).toMatch(/is wrong at position \d+: /);
  await syncline.run('log', 'export', other, '--from', '5');
  expect(await refused(other)).toMatch(
    /holds messages 5 to \d+\. What the planner decides depends on everything/,
  );
  expect(await refused(join(folder.path, 'none'))).toContain('cannot be read (ENOENT)');
  const key = 'syncline/0000000000000000+00000000+AAAA';
  expect(await refused(file, '--key', key)).not.toBe('');
});
