import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateSshKey, startSshServer, type SshServer } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { run } from './platform/command-line.js';
import { declaration, deployment } from './platform/declared.js';
import { FleetRepository } from './platform/fleet-repository.js';
import { sharedInstallation, sharedState } from './platform/shared.js';
import { typeCommand } from './platform/typed-command.js';

const syncline = sharedInstallation();
const [deployKey, nextKey, signingKey] = [generateSshKey(), generateSshKey(), generateSshKey()];
let root: string;
let server: SshServer;
let clone: FleetRepository;

const keyFile = async (name: string, text: string): Promise<string> => {
  await writeFile(join(root, name), text, { mode: 0o600 });
  return join(root, name);
};
/** Looked at when it is asked for alone, because the server ends before the installation does. */
const registering = (): readonly string[] =>
  ['repo', 'add', 'strongroom', server.urlOf('strongroom'), '--path', 'applications', '--poll', '3600']; // prettier-ignore
const signed = (): readonly string[] =>
  ['gpg.format=ssh', `user.signingKey=${join(root, 'signing')}`].flatMap((one) => ['-c', one]);

/** Commits a change, signed or not, and pushes it. */
const push = async (message: string, how: readonly string[] = []): Promise<string> => {
  await clone.git('add', '--all');
  await clone.git(...how, 'commit', '--quiet', '--message', message, ...(how.length > 0 ? ['-S'] : []));
  await clone.git('push', '--quiet', 'origin', 'HEAD:main');
  return clone.git('rev-parse', 'HEAD');
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'syncline-over-ssh-'));
  const bare = join(root, 'strongroom.git');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  clone = await FleetRepository.clone(bare, root);
  await clone.write(
    'applications/strongroom.yaml',
    declaration({ name: 'strongroom' }).replace(
      'repository: fleet, ref: main',
      'repository: strongroom, ref: main',
    ),
  );
  await clone.write('apps/strongroom/web.yaml', deployment('strongroom'));
  server = await startSshServer({ dir: root, hostKeys: [generateSshKey()] });
  server.admit(deployKey.public);
  await keyFile('signing', signingKey.private);
  await keyFile('signing.pub', signingKey.public);
});

afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

describe('a repository over SSH', () => {
  it('is refused until somebody trusts its host, and then deployed from', async () => {
    const first = await push('Add the vault');
    const from = await syncline.position();
    const key = await keyFile('deploy', deployKey.private);
    await syncline.run(...registering(), '--deploy-key', key);
    await syncline.untilEvent(from, 'FetchFailed', ({ data }) => data.class === 'host-key');
    const [, fingerprint = ''] =
      /(SHA256:\S+) .*not trusted/.exec(await syncline.run('repo', 'trust', 'strongroom')) ?? [];
    expect(await syncline.run('repo', 'list')).toContain(fingerprint);
    const trusted = await syncline.run('repo', 'trust', 'strongroom', '--fingerprint', fingerprint);
    expect(trusted).toMatch(/^SHA256:\S+ {2}ssh-ed25519 {2}trusted$/m);
    await syncline.arrived('strongroom', first);
  });

  it('is deployed from with another key once that is given', async () => {
    server.admit(nextKey.public);
    await clone.edit('apps/strongroom/web.yaml', 'replicas: 1', 'replicas: 2');
    const second = await push('Two vaults');
    expect(await syncline.run('repo', 'refresh', 'strongroom')).toMatch(
      /cannot be read: .*Permission denied/,
    );
    const key = await keyFile('next', nextKey.private);
    await syncline.run('repo', 'credential', 'strongroom', '--deploy-key', key);
    await syncline.arrived('strongroom', second);
  });

  it('leaves what runs where a revision is not signed, says why, and goes on with one that is', async () => {
    const runs = await clone.git('rev-parse', 'HEAD');
    const signers = await keyFile('signers', `dev@example.com ${signingKey.public}\n`);
    await syncline.run(...registering(), '--require-signed', '--allowed-signers', signers);
    await clone.edit('apps/strongroom/web.yaml', 'replicas: 2', 'replicas: 3');
    const unsigned = await push('Three vaults');
    expect(await syncline.run('repo', 'refresh', 'strongroom')).toMatch(/stays at .* is not signed/);
    expect(await syncline.run('repo', 'list')).toContain(`unsigned: ${unsigned.slice(0, 7)} is not planned`);
    const waiting = typeCommand(sharedState, ['wait', 'strongroom', '--revision', unsigned]);
    expect(await waiting.ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is not signed/) as string,
    });
    expect(await syncline.run('why', 'strongroom')).toMatch(/held by revision-refused.*is not signed/);
    expect((await syncline.targetsOf('strongroom')).every(({ revision }) => revision === runs)).toBe(true);
    await clone.edit('apps/strongroom/web.yaml', 'replicas: 3', 'replicas: 4');
    const good = await push('Four vaults', signed());
    await syncline.run('repo', 'refresh', 'strongroom');
    await syncline.arrived('strongroom', good);
    expect(await syncline.run('history', 'strongroom')).toMatch(
      /seen on strongroom@main, signed by its author/,
    );
    const wrong = typeCommand(sharedState, ['repo', 'credential', 'strongroom', '--deploy-key', signers]);
    expect(await wrong.ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no private key/) as string,
    });
  });
});
