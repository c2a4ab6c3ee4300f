import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { declare, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { cloneFleet, sharedInstallation } from './platform/shared.js';

type Files = Record<string, Uint8Array>;

const syncline = sharedInstallation();
let fleet: FleetRepository;
let folder: TemporaryFolder;
let file: string;
let revision: string;
let files: Files;

beforeAll(async () => {
  folder = await temporaryFolder('evidence');
  fleet = await cloneFleet();
  await declare(fleet, { name: 'audited' });
  revision = await fleet.push('Add what is audited');
  await syncline.untilTargets('audited', 'is Current', (one) => one.health === 'Current');
  file = join(folder.path, 'evidence.zip');
  await syncline.run('evidence', 'audited', '--revision', revision.slice(0, 10), '--file', file);
  files = unzipSync(await readFile(file));
});
afterAll(async () => {
  await fleet.remove('applications/audited.yaml');
  await fleet.push('Take what is audited away');
  await folder.remove();
});

/** What `log verify` says of an archive of these files. */
const verified = async (changed: Files): Promise<{ code: number; stderr: string }> => {
  const other = join(folder.path, 'other.zip');
  await writeFile(other, zipSync(changed, { level: 0 }));
  return syncline.cli('log', 'verify', other);
};
type Deployment = { readonly plan: string };
const newestBut = async (back: number): Promise<Deployment> =>
  (JSON.parse(await syncline.run('deployments', 'audited', '-o', 'json')) as Deployment[])[back]!;
const flipped = (bytes: Uint8Array, at = Math.floor(bytes.length / 2)): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};

describe('the evidence of a revision', () => {
  it('is a page to read, and an archive that is right by itself and by the key of the log', async () => {
    const page = new TextDecoder().decode(files['report.html']);
    expect(page).toContain(revision);
    expect(page).toContain('was approved, applied to its end, and Current as applied');
    expect(page).toContain('Add what is audited');
    const told = await syncline.run('log', 'verify', file);
    expect(told).toContain('The statement says PASSED of default/audited@');
    const key = /Signed by (\S+)\. Only the file/.exec(told)?.[1] ?? '';
    expect(await syncline.run('log', 'verify', file, '--key', key)).toContain(`Signed by ${key}, as given.`);
    const another = `${key.slice(0, -6)}AAAAA=`;
    expect((await syncline.cli('log', 'verify', file, '--key', another)).code).toBe(1);
  });

  it('is wrong where any file of it was changed, added or taken away', async () => {
    for (const [path, bytes] of Object.entries(files)) {
      const changed = await verified({ ...files, [path]: flipped(bytes) });
      expect([path, changed.code]).toEqual([path, 1]);
    }
    for (const path of ['report.html', 'log/change-1.syncline', 'SHA256SUMS.note']) {
      const others = Object.entries(files).filter(([name]) => name !== path);
      const without = await verified(Object.fromEntries(others));
      expect([path, without.code]).toEqual([path, 1]);
    }
    const more = await verified({ ...files, 'plans/x.json': new Uint8Array([1]) });
    expect(more).toMatchObject({ code: 1, stderr: expect.stringContaining('plans/x.json') as string });
  }, 120_000);

  it('is refused where it is cut off, or is no archive', async () => {
    const whole = await readFile(file);
    for (const bytes of [whole.subarray(0, 100), whole.subarray(0, whole.length - 30)]) {
      const cut = join(folder.path, 'cut.zip');
      await writeFile(cut, bytes);
      const { code, stderr } = await syncline.cli('log', 'verify', cut);
      expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be unpacked')]);
    }
  });

  it('of a period holds each of its deployments, is right by itself, and wrong where anything of it was changed', async () => {
    await fleet.write('apps/audited/web.yaml', deployment('audited', 2));
    const second = await fleet.push('Two of what is audited');
    await syncline.arrived('audited', second);
    const period = join(folder.path, 'period.zip');
    await syncline.run('evidence', 'audited', '--since', '1h', '--file', period);
    const all = unzipSync(await readFile(period));
    const page = new TextDecoder().decode(all['report.html']);
    for (const part of ['2 deployments: each was approved', revision, second, 'None were set.'])
      expect(page).toContain(part);
    expect(await syncline.run('log', 'verify', period)).toContain(
      'The statement says PASSED of default/audited@',
    );
    for (const [path, bytes] of Object.entries(all)) {
      const changed = await verified({ ...all, [path]: flipped(bytes) });
      expect([path, changed.code]).toEqual([path, 1]);
    }
    const begun = new Date().toISOString();
    const nothing = await syncline.cli('evidence', 'audited', '--from', begun, '--file', period);
    expect(nothing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nothing was deployed of audited') as string,
    });
    await syncline.run('replay', (await newestBut(1)).plan, '--reason', 'look');
    await syncline.untilTargets('audited', 'runs the replay', (one) => one.sync === 'Held');
    await syncline.untilTargets('audited', 'is Current', (one) => one.health === 'Current');
    await syncline.run('evidence', 'audited', '--from', begun, '--file', period);
    const again = new TextDecoder().decode(unzipSync(await readFile(period))['report.html']);
    expect(again).toContain(revision);
    expect(again).toContain('replay');
    expect(await syncline.run('log', 'verify', period)).toContain('default/audited@');
    await syncline.run('replay', '--end', 'audited');
  }, 120_000);

  it('is asked for by a revision or by a period, and refused else', async () => {
    for (const wrong of [
      [],
      ['--revision', 'abcdef0', '--since', '1h'],
      ['--to', 'now'],
      ['--from', 'soon'],
      ['--since', 'a while'],
    ])
      expect((await syncline.cli('evidence', 'audited', ...wrong)).code).toBe(2);
    const backwards = ['--from', 'now', '--to', '2h ago'];
    expect(await syncline.cli('evidence', 'audited', ...backwards)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no time between them') as string,
    });
  });

  it('is refused for what was never rolled out', async () => {
    const never = await syncline.cli('evidence', 'audited', '--revision', 'abcdef0');
    expect(never).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No rollout of audited') as string,
    });
  });
});
