import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { eventually, hostile } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { run } from './platform/command-line.js';
import { configMap, declaration, deployment } from './platform/declared.js';
import { FleetRepository } from './platform/fleet-repository.js';
import type { TargetRow } from './platform/installation.js';
import { isWholeRun, seedOfRun, shuffled } from './platform/sampled.js';
import { sharedInstallation, sharedState } from './platform/shared.js';

const syncline = sharedInstallation();
const folder = join(dirname(sharedState), 'hostile');
/** Some 210 MiB are usual; what it holds must not grow with what a file holds. */
const mostPlannerKilobytes = 512 * 1024;
// What a terminal takes for a command, but for the end of a line.
// eslint-disable-next-line no-control-regex
const command = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const escape = '\u001b[31m';

let clone: FleetRepository;
let revision: string;

type Files = Readonly<Record<string, string | Uint8Array>>;
const overlay = (text: string, more: Files = {}): Files => ({
  'kustomization.yaml': text,
  'a.yaml': hostile.configMap('a'),
  ...more,
});
const plain = (name: keyof typeof hostile.manifests): Files => ({ 'a.yaml': hostile.manifests[name]() });

const good: Readonly<Record<string, Files>> = {
  'h-web': { 'web.yaml': deployment('h-web') },
  'h-names': {
    '-x.yaml': configMap('a', '1'),
    'CON.yaml': configMap('b', '1'),
    'two\nlines.yaml': configMap('c', '1'),
    [`${escape}.yaml`]: configMap('d', '1'),
    'x.yaml': configMap('x'.repeat(253), '1'),
  },
  'h-dots': { 'a.yaml': configMap('a.b.c', '1').replaceAll('\n', '\r\n') },
};

const refused: Readonly<Record<string, readonly [files: Files, place: string]>> = {
  'h-bomb': [plain('an alias bomb'), 'a.yaml:7'],
  'h-large': [plain('100 MB of YAML'), 'a.yaml:1'],
  'h-lists': [plain('a list of 200,000 objects'), 'a.yaml:1'],
  'h-documents': [plain('50,000 documents'), 'a.yaml:25001'],
  'h-deep': [plain('100,000 levels of lists'), 'a.yaml:1'],
  'h-twice': [plain('one object twice'), 'a.yaml:6'],
  'h-keys': [plain('a key that stands twice'), 'a.yaml:7'],
  'h-latin': [{ 'a.yaml': hostile.latin1Manifest() }, 'a.yaml:4'],
  'h-star': [plain('a name with a star'), 'a.yaml:1'],
  'h-subject': [plain('a kind with wildcards of subjects'), 'a.yaml:1'],
  'h-terminal': [{ [`${escape}.yaml`]: hostile.manifests['a name with an escape']() }, '\\u001b[31m.yaml:1'],
  'h-remote': [overlay('resources:\n- https://example.com/a.yaml\n'), 'kustomization.yaml:2'],
  'h-exec': [
    overlay('generators: [g.yaml]\n', { 'g.yaml': 'apiVersion: x/v1\nkind: Exec\nmetadata: { name: x }\n' }),
    'g.yaml:2',
  ],
  'h-outside': [overlay('resources:\n- a.yaml\n- ../../../../etc\n'), 'kustomization.yaml:3'],
  'h-memory': [hostile.doublingReplacements(), 'kustomization.yaml:1'],
};

const writeAll = async (name: string, files: Files): Promise<void> => {
  const text = declaration({ name }).replace('repository: fleet', 'repository: hostile');
  await clone.write(`applications/${name}.yaml`, text);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(clone.dir, 'apps', name), { recursive: true });
    await writeFile(join(clone.dir, 'apps', name, file), content);
  }
};

/** The most memory that the planner ever had (proc_pid_status(5)), in KiB. */
const plannerMemory = async (): Promise<number> => {
  const [pid] = await syncline.pidsOf('planner');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1]);
};

beforeAll(async () => {
  const bare = join(folder, 'hostile.git');
  await mkdir(folder, { recursive: true });
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  clone = await FleetRepository.clone(pathToFileURL(bare).href, folder);
  for (const [name, files] of Object.entries(good)) await writeAll(name, files);
  for (const [name, [files]] of Object.entries(refused)) await writeAll(name, files);
  await writeAll('h-link', {});
  await mkdir(join(clone.dir, 'apps/h-link'), { recursive: true });
  await symlink('/etc/passwd', join(clone.dir, 'apps/h-link/a.yaml'));
  revision = await clone.commit(`A hostile change ${escape}owned`);
  await clone.git('push', '--quiet', 'origin', 'HEAD:main');
  await syncline.run(
    'repo',
    'add',
    'hostile',
    pathToFileURL(bare).href,
    '--path',
    'applications',
    '--poll',
    '3600',
  );
});

afterAll(async () => {
  await clone.remove('applications');
  await clone.write('applications/none.yaml', '');
  await clone.commit('Take everything back');
  await clone.git('push', '--quiet', 'origin', 'HEAD:main');
  await syncline.run('repo', 'refresh', 'hostile');
  const areGone = async (): Promise<boolean> =>
    (await syncline.fleet()).every(({ application }) => !application.startsWith('h-'));
  await eventually(areGone, 60_000, 'a fleet without hostile applications');
});

const places: readonly (readonly [name: string, told: string])[] = [
  ...Object.entries(refused).map(([name, [, place]]) => [name, `apps/${name}/${place} `] as const),
  ['h-link', 'apps/h-link/a.yaml:1 '],
];
/** Each takes a few commands to be asked about: some are in every run, all of them in a whole one. */
const seed = seedOfRun();
const always = places.filter(([name]) => name === 'h-terminal');
const others = places.filter(([name]) => name !== 'h-terminal');
const asked = isWholeRun ? places : [...always, ...shuffled(others, seed).slice(0, 2)];
console.log(
  `${asked.length} of ${places.length} hostile applications are asked about, SYNCLINE_TEST_SEED=${seed}`,
);

describe('a repository that holds hostile applications', () => {
  it('has its good ones deployed', async () => {
    for (const name of Object.keys(good)) await syncline.arrived(name, revision);
  });

  it('has each of the others refused by file and line', async () => {
    const rowOf = (rows: readonly TargetRow[], name: string) =>
      rows.find((row) => row.application === name && row.sync === 'Failed');
    const rows = await eventually(
      async () => {
        const all = await syncline.fleet();
        return places.every(([name]) => rowOf(all, name)) && syncline.targets();
      },
      60_000,
      'every hostile application is refused',
    );
    const told = places.map(([name, place]) => [name, rowOf(rows, name)?.message?.includes(place)]);
    expect(told).toEqual(places.map(([name]) => [name, true]));
  });

  it.each(asked)('tells of %s in every place without a command for the terminal', async (name, told) => {
    const why = await syncline.run('why', name);
    expect(why).toContain(told);
    const others = [await syncline.run('history', name), (await syncline.cli('plan', name)).stdout];
    for (const shown of [why, ...others]) expect(command.exec(shown)).toBeNull();
  });

  it('shows nothing in the whole fleet that a terminal takes for a command', async () => {
    for (const args of [['status'], ['repo', 'list']]) {
      const { stdout, stderr } = await syncline.cli(...args);
      expect(command.exec(`${stdout}${stderr}`)).toBeNull();
    }
  });

  it('leaves the planner within its memory, and nothing waiting for a person', async () => {
    expect(await plannerMemory()).toBeLessThan(mostPlannerKilobytes);
    expect(JSON.parse(await syncline.run('log', 'parked', '-o', 'json'))).toMatchObject({ parked: [] });
  });
});
