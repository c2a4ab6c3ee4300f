import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { run } from './platform/command-line.js';
import { Installation } from './platform/installation.js';
import { sharedInstallation, sharedState } from './platform/shared.js';

const syncline = sharedInstallation();

type Check = {
  readonly verdict: string;
  readonly where: string;
  readonly what: string;
  readonly mend?: string;
};

const examine = async (state: string): Promise<{ code: number; checks: readonly Check[] }> => {
  const { code, stdout } = await new Installation(state).cli('doctor', '-o', 'json');
  return { code, checks: (JSON.parse(stdout) as { checks: Check[] }).checks };
};
const wrongOf = (checks: readonly Check[]): readonly Check[] =>
  checks.filter(({ verdict }) => verdict === 'wrong');

/** The files of the shared installation that a stopped one would have. */
const copyState = async (): Promise<string> => {
  const from = sharedState;
  const state = await mkdtemp(join(dirname(from), 'copy-'));
  for (const name of ['layout.json', 'ports.json', 'token', 'keys'])
    await cp(join(from, name), join(state, name), { recursive: true });
  return state;
};

it('what init writes is valid, and healthy once its repository is registered', async () => {
  const dir = await mkdtemp(join(dirname(sharedState), 'first-'));
  const git = async (...args: readonly string[]): Promise<string> => {
    const identity = ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com'];
    const { code, stdout, stderr } = await run('git', [...identity, ...args], { cwd: dir });
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  expect(await syncline.run('init', dir, '--app', 'first-steps', '--style', 'kustomize')).toMatch(
    /syncline validate/,
  );
  expect(await syncline.run('init', dir, '--app', 'first-steps', '--style', 'kustomize')).toMatch(
    /Nothing was changed/,
  );
  expect(await syncline.run('validate', dir)).toMatch(/^Valid: 1 application, 1 rendering, 2 objects\./);
  await git('init', '--quiet', '-b', 'main');
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'First layout');
  await syncline.run('repo', 'add', 'first', `file://${dir}`, '--path', 'applications', '--poll', '3600');
  await syncline.untilTargets('first-steps', 'in sync', (one) => one.sync === 'InSync');
  await syncline.arrived('first-steps', await git('rev-parse', 'HEAD'));
});

describe('doctor', () => {
  it('finds the platform of a healthy installation fine', async () => {
    const { checks } = await examine(sharedState);
    const fine = checks.filter(({ verdict }) => verdict === 'fine').map(({ where }) => where);
    expect(fine).toEqual(
      expect.arrayContaining([
        'supervisor',
        'keys',
        'disk',
        'nats-server',
        'postgres',
        'api',
        'planner',
        'API',
        'log',
      ]),
    );
    expect(wrongOf(checks).filter(({ where }) => !/^(repository|cluster) |reaction/.test(where))).toEqual([]);
  });

  it('says that an installation is stopped, how to start it, and what took its ports', async () => {
    const state = await copyState();
    const { code, checks } = await examine(state);
    expect(code).toBe(1);
    const [stopped, ...ports] = wrongOf(checks);
    expect(stopped).toMatchObject({
      where: 'supervisor',
      mend: expect.stringContaining('up --detach') as string,
    });
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.every(({ what }) => what.includes('taken by something else'))).toBe(true);
    await rm(state, { recursive: true });
  });

  it('names each thing that is damaged in a state directory, and how to mend it', async () => {
    const state = await copyState();
    await rm(join(state, 'keys/pack.key'));
    await writeFile(join(state, 'keys/hmac.key'), '');
    await chmod(join(state, 'token'), 0o644);
    await writeFile(join(state, 'ports.json'), '{"api":');
    await writeFile(join(state, 'pid'), '{"pid":999999,"started":"long ago"}');
    const { code, checks } = await examine(state);
    expect(code).toBe(1);
    const said = wrongOf(checks).map(({ where, what }) => `${where.slice(state.length + 1)} ${what}`);
    expect(said).toEqual([
      expect.stringMatching(/^pid names process 999999/),
      expect.stringMatching(/^token may be read .*0644/),
      'keys/pack.key is missing',
      'keys/hmac.key is empty',
      'ports.json cannot be read',
    ]);
    expect(wrongOf(checks).every(({ mend }) => mend !== undefined)).toBe(true);
    await rm(state, { recursive: true });
  });

  it('says of a directory that is no installation what to name instead', async () => {
    const state = await mkdtemp(join(dirname(sharedState), 'none-'));
    await mkdir(join(state, 'photos'));
    const { code, checks } = await examine(state);
    expect(code).toBe(1);
    expect(wrongOf(checks)[0]?.mend).toMatch(/--state/);
    await rm(state, { recursive: true });
  });
});
