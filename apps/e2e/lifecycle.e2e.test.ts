import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { run } from './platform/command-line.js';
import { Installation, type TargetRow } from './platform/installation.js';

/** The processes of this machine whose command line names a folder. */
const processesNaming = async (folder: string): Promise<readonly string[]> => {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(folder) && !line.includes('ps -eo'));
};

/** Those of a fleet that are not as they should be, told so that a failure shows them. */
const unsettled = (rows: readonly TargetRow[]): readonly TargetRow[] =>
  rows.filter((row) => row.sync !== 'InSync' || row.health !== 'Current');

let folder: string;
let state: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-lifecycle-'));
  state = join(folder, 'state');
});

afterAll(async () => {
  await new Installation(state).cli('down');
  await rm(folder, { recursive: true, force: true });
});

describe('an installation of its own', () => {
  it('starts in the background healthy, tells so to a second start, and leaves no process behind when its supervisor is killed', async () => {
    const syncline = new Installation(state);
    const printed = await syncline.run('up', '--detach');
    expect(printed).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\S+\.git/);
    expect(printed).toMatch(/simulated/);
    const before = await syncline.targets();
    expect(before.length).toBeGreaterThanOrEqual(15);
    expect(unsettled(before)).toEqual([]);

    const again = await syncline.cli('up', '--detach');
    expect(`${again.stdout}${again.stderr}`).toMatch(/already running/i);

    const { pid } = JSON.parse(await readFile(join(state, 'pid'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await eventually(
      async () => (await processesNaming(folder)).length === 0,
      30_000,
      'the end of every process of the installation',
    );
  });

  it('starts again after that with all that it knew, and ends without a trace', async () => {
    const syncline = new Installation(state);
    await syncline.run('up', '--detach');
    const events = await syncline.events('0.0');
    expect(events.filter((event) => event.type === 'RepositoryRegistered')).toHaveLength(1);
    expect(events.filter((event) => event.type === 'RevisionDetected')).toHaveLength(1);
    expect(unsettled(await syncline.targets())).toEqual([]);
    await syncline.run('down');
    expect(await processesNaming(folder)).toEqual([]);
    expect((await syncline.cli('down')).code).toBe(0);
    const gone = await syncline.cli('status');
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/not running|does not answer/i);
  });

  it('says in a sentence what is wrong with its state directory', async () => {
    const foreign = await mkdtemp(join(tmpdir(), 'syncline-foreign-'));
    await run('touch', [join(foreign, 'somebody-elses-file')]);
    const refused = await new Installation(foreign).cli('up', '--detach');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/not empty/);
    await rm(foreign, { recursive: true });
  });
});
