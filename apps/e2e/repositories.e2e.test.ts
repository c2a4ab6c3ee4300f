import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { printed } from './platform/command-line.js';
import { declaration, deployment } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { startGuardedGit, type GuardedGit } from './platform/guarded-git.js';
import { sharedInstallation, sharedState } from './platform/shared.js';
import { typeCommand } from './platform/typed-command.js';

const syncline = sharedInstallation();
const reader = { username: 'bot', password: randomBytes(18).toString('hex') };
let server: GuardedGit;
let team: FleetRepository;

type ListedRepository = {
  repository: string;
  state: string;
  failure?: { class: string };
  configuration?: { revision: string; accepted: boolean; errors?: { file: string; reason: string }[] };
};

const listed = async (name: string): Promise<ListedRepository> => {
  const answer = JSON.parse(await syncline.run('repo', 'list', '-o', 'json')) as {
    repositories: ListedRepository[];
  };
  return answer.repositories.find(({ repository }) => repository === name)!;
};

/** Writes an application of a repository of the test's own into its clone; the caller commits. */
const declareIn = async (
  clone: FleetRepository,
  repository: string,
  name: string,
  ref = 'main',
): Promise<void> => {
  const text = declaration({ name }).replace(
    'repository: fleet, ref: main',
    `repository: ${repository}, ref: ${ref}`,
  );
  await clone.write(`applications/${name}.yaml`, text);
  await clone.write(`apps/${name}/web.yaml`, deployment(name));
};

const register = async (name: string, ref: string, input = reader.password): Promise<void> => {
  const outcome = await typeCommand(
    sharedState,
    ['repo', 'add', name, server.urlOf(name), '--path', 'applications', '--poll', '3600', '--ref', ref,
      '--username', reader.username, '--password-stdin'], // prettier-ignore
    { input: `${input}\n` },
  ).ended;
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
};

beforeAll(async () => {
  server = await startGuardedGit(reader);
  team = await server.create('team');
});

afterAll(() => server.close());

describe('a repository behind a password', () => {
  it('is refused without the password, and says so', async () => {
    await declareIn(team, 'team', 'ledger');
    await team.commit('Add ledger');
    await team.git('push', '--quiet', 'origin', 'HEAD:main');
    const from = await syncline.position();
    await syncline.run(
      'repo',
      'add',
      'team',
      server.urlOf('team'),
      '--path',
      'applications',
      '--poll',
      '3600',
    );
    const failed = await syncline.untilEvent(from, 'FetchFailed', ({ data }) => data.repository === 'team');
    expect(failed.data).toMatchObject({ class: 'refused' });
    expect(await syncline.run('repo', 'list')).toMatch(/team .* refused: /);
    await register('team', 'main', 'guessed');
    expect((await listed('team')).failure).toMatchObject({ class: 'refused' });
  });

  it('is deployed from with it, and the password is found nowhere', async () => {
    await register('team', 'main');
    await syncline.arrived('ledger', await team.git('rev-parse', 'HEAD'));
    expect((await listed('team')).state).toBe('ok');
    const exported = join(sharedState, '..', 'repositories.ndjson');
    await syncline.run('log', 'export', exported);
    const pair = `${reader.username}:${reader.password}`;
    const everything = `${printed.join('\n')}${await readFile(exported, 'utf8')}`;
    for (const secret of [reader.password, Buffer.from(reader.password).toString('base64'), Buffer.from(pair).toString('base64')])
      expect(everything.includes(secret)).toBe(false); // prettier-ignore
  });

  it('is looked at again when it is asked for', async () => {
    await team.edit('apps/ledger/web.yaml', 'replicas: 1', 'replicas: 2');
    const sha = await team.commit('Two ledgers');
    await team.git('push', '--quiet', 'origin', 'HEAD:main');
    expect(await syncline.run('repo', 'refresh', 'team')).toMatch(
      new RegExp(`team is (?:now|still) at ${sha.slice(0, 7)}.*Two ledgers`),
    );
    await syncline.arrived('ledger', sha);
    expect(await syncline.run('repo', 'refresh', 'team')).toContain('team is still at');
  });

  it('cannot declare an application that another repository declared first', async () => {
    await declareIn(team, 'team', 'storefront');
    const sha = await team.commit('Take over the storefront');
    await team.git('push', '--quiet', 'origin', 'HEAD:main');
    const from = await syncline.position();
    await syncline.run('repo', 'refresh', 'team');
    await syncline.untilEvent(from, 'ConfigurationRejected');
    const { configuration } = await eventually(
      async () => {
        const found = await listed('team');
        return found.configuration?.revision === sha && found;
      },
      30_000,
      'the rejected configuration in repo list',
    );
    expect(configuration).toMatchObject({ accepted: false });
    expect(configuration?.errors?.[0]?.file).toBe('applications/storefront.yaml');
    expect(await syncline.run('repo', 'list')).toMatch(/storefront.* belongs to the repository fleet/);
    expect((await syncline.targetsOf('storefront')).every((row) => row.sync === 'InSync')).toBe(true);
    expect((await syncline.targetsOf('ledger')).every((row) => row.sync === 'InSync')).toBe(true);
  });
});

describe('a repository that is followed by', () => {
  it('tag stays at the tag, and by commit at the commit', async () => {
    const pinned = await server.create('pinned');
    await declareIn(pinned, 'pinned', 'pinned', 'v1');
    const first = await pinned.commit('First');
    await pinned.git('tag', 'v1');
    await pinned.edit('apps/pinned/web.yaml', 'replicas: 1', 'replicas: 2');
    await pinned.commit('Second');
    await pinned.git('push', '--quiet', '--tags', 'origin', 'HEAD:main');
    await register('pinned', 'tags/v1');
    await syncline.arrived('pinned', first);
    await syncline.run('repo', 'refresh', 'pinned');
    expect((await syncline.targetsOf('pinned'))[0]).toMatchObject({ desiredRevision: first });

    await pinned.edit('applications/pinned.yaml', ', ref: v1', '');
    const third = await pinned.commit('Third');
    await pinned.git('push', '--quiet', 'origin', 'HEAD:main');
    await register('pinned', third);
    await syncline.untilTargets('pinned', 'is at the commit', (row) => row.revision === third);
  });
});
