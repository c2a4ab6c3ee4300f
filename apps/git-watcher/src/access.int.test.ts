import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { subjects } from '@syncline/events';
import { generateSshKey, startSshServer, type SshServer } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ShownKeys } from './registration/trust.handler.js';
import { WatcherWorld } from './testing/watcher-world.js';

const [deployKey, nextKey] = [generateSshKey(), generateSshKey()];
let world: WatcherWorld;
let ssh: SshServer;

type Wrong = { readonly credential?: object; readonly url?: string; readonly [more: string]: unknown };

const serve = (port = 0): Promise<SshServer> =>
  startSshServer({ dir: join(world.folder.path, 'git'), hostKeys: [generateSshKey()], port });
const registerBySsh = async (repository: string, more: Record<string, unknown> = {}) =>
  world.register(repository, {
    url: ssh.urlOf(repository),
    credential: await world.sealed({ privateKey: deployKey.private }),
    knownHosts: ssh.knownHosts,
    ...more,
  });

beforeAll(async () => {
  world = await WatcherWorld.open();
  ssh = await serve();
  ssh.admit(deployKey.public);
});
afterAll(async () => {
  await ssh.close();
  await world.close();
});

/** Somebody whose SSH key signs: git's options for it, and the line of an allowed signers file. */
const signer = async (name: string) => {
  const file = join(world.folder.path, name);
  const key = generateSshKey();
  await writeFile(file, key.private, { mode: 0o600 });
  await writeFile(`${file}.pub`, key.public);
  const settings = ['gpg.format=ssh', `user.signingKey=${file}`, 'commit.gpgSign=true'];
  return { options: settings.flatMap((one) => ['-c', one]), known: `${name}@example.com ${key.public}\n` };
};

describe('a repository whose revisions have to be signed', () => {
  test('has an unsigned one recorded and not detected, once, until a signed one comes', async () => {
    const [ada, eve] = [await signer('ada'), await signer('eve')];
    const clone = await world.makeRepository('signed');
    await world.register('signed', { signatures: { allowedSigners: ada.known } });
    const first = await world.nth('signed', 'RevisionRefused', 1);
    expect(first.data).toMatchObject({
      revision: await clone.git('rev-parse', 'HEAD'),
      class: 'unsigned',
      message: 'Describe the fleet\n',
    });
    expect((await world.refresh('signed')).result.outcome).toBe('refused');
    await clone.commit('replicas: 2\n', 'by another', ...eve.options);
    await clone.push();
    await world.refresh('signed');
    expect((await world.nth('signed', 'RevisionRefused', 2)).data.class).toBe('unknown-signer');
    const good = await clone.commit('replicas: 3\n', 'by ada', ...ada.options);
    await clone.push();
    await world.refresh('signed');
    const { data } = await world.nth('signed', 'RevisionDetected', 1);
    expect(data).toMatchObject({ revision: good, signature: { format: 'ssh', bears: 'commit' } });
    expect(data.signature?.person).toBe(data.author.person);
    const types = (await world.eventsOf('signed')).map(({ type }) => type);
    expect(types).toEqual([
      'RepositoryRegistered',
      'RevisionRefused',
      'RevisionRefused',
      'FetchRecovered',
      'RevisionDetected',
    ]);
    for await (const { message } of world.api.log.scan({}))
      expect(Buffer.from(message.bytes).toString()).not.toContain('ada@example.com');
  });

  test('goes on where it was when the ref comes back, and keeps its policy until unsigned ones are allowed', async () => {
    const ada = await signer('policy');
    const clone = await world.makeRepository('returning');
    await world.register('returning');
    await world.nth('returning', 'RevisionDetected', 1);
    await world.register('returning', { signatures: { allowedSigners: ada.known } });
    const unsigned = await clone.commit('replicas: 2\n');
    await clone.push();
    await world.refresh('returning');
    await world.nth('returning', 'RevisionRefused', 1);
    await clone.git('push', '--quiet', '--force', 'origin', 'HEAD~1:main');
    await world.refresh('returning');
    await world.nth('returning', 'FetchRecovered', 1);
    await clone.push();
    await world.register('returning', { paths: ['applications'] });
    await world.nth('returning', 'RevisionRefused', 2);
    await world.register('returning', { signatures: null });
    const { data } = await world.nth('returning', 'RevisionDetected', 2);
    expect(data).toMatchObject({ revision: unsigned, forced: false });
    expect(data).not.toHaveProperty('signature');
  });
});

describe('a repository over SSH', () => {
  test('is recorded with a deploy key, which stands nowhere in the log', async () => {
    const clone = await world.makeRepository('fleet');
    await registerBySsh('fleet');
    const { data } = await world.nth('fleet', 'RevisionDetected', 1);
    expect(data.revision).toBe(await clone.git('rev-parse', 'HEAD'));
    const lines = deployKey.private.split('\n').filter((line) => line.length > 30);
    for await (const { message } of world.api.log.scan({}))
      for (const line of lines) expect(Buffer.from(message.bytes).toString()).not.toContain(line);
  });

  test('has a submodule beside it read with the same key', async () => {
    const inner = await world.makeRepository('inner');
    const outer = await world.makeRepository('outer');
    await outer.write('.gitmodules', '[submodule "inner"]\n\tpath = inner\n\turl = ../inner.git\n');
    const commit = await inner.git('rev-parse', 'HEAD');
    await outer.git('add', '.gitmodules');
    await outer.git('update-index', '--add', '--cacheinfo', `160000,${commit},inner`);
    await outer.git('commit', '--quiet', '-m', 'with inner');
    await outer.push();
    await registerBySsh('outer');
    const { data } = await world.nth('outer', 'RevisionDetected', 1);
    expect(data.submodules).toEqual([{ path: 'inner', revision: commit }]);
    expect(await world.readFileAt('outer', 'inner/app.yaml')).toBe('replicas: 1\n');
  });

  test('is read with another key from when it is given, and keeps all else', async () => {
    const clone = await world.makeRepository('rotated');
    await registerBySsh('rotated', { paths: ['applications'] });
    const first = await world.nth('rotated', 'RevisionDetected', 1);
    ssh.admit(nextKey.public);
    await clone.commit('replicas: 2\n');
    await clone.push();
    expect((await world.refresh('rotated')).result).toMatchObject({ outcome: 'failed' });
    expect((await world.nth('rotated', 'FetchFailed', 1)).data.class).toBe('refused');
    const credential = await world.sealed({ privateKey: nextKey.private });
    await world.command('credential', { repository: 'rotated', credential });
    expect((await world.nth('rotated', 'RevisionDetected', 2)).data).toMatchObject({
      base: first.data.revision,
      forced: false,
    });
    const [before, after] = await world.ofType('rotated', 'RepositoryRegistered');
    expect({ ...after?.data, credential: before?.data.credential }).toEqual(before?.data);
    expect(after).toMatchObject({ actor: 'person:ada' });
    const service = await world.api.log.read(subjects.service('git-watcher'));
    expect(service.flatMap(({ events }) => events).at(-1)).toMatchObject({
      type: 'CredentialSealed',
      actor: 'person:ada',
      data: { name: 'repository/rotated', credential: after?.data.credential },
    });
    ssh.admit(deployKey.public);
  });

  test('with a host that nobody knows is read once somebody trusts its fingerprint', async () => {
    await world.makeRepository('unknown');
    await world.register('unknown', {
      url: ssh.urlOf('unknown'),
      credential: await world.sealed({ privateKey: deployKey.private }),
    });
    const failed = await world.nth('unknown', 'FetchFailed', 1);
    const shown = await world.command<ShownKeys>('host-keys', { repository: 'unknown' });
    const [key] = shown.result.shown;
    expect(failed.data).toMatchObject({ class: 'host-key' });
    expect(failed.data.reason).toContain(key?.fingerprint);
    expect(shown.result.trusted).toEqual([]);
    const other = world.command('trust', { repository: 'unknown', fingerprints: ['SHA256:another'] });
    await expect(other).rejects.toMatchObject({ code: 'host-key-absent' });
    await world.command('trust', { repository: 'unknown', fingerprints: [key?.fingerprint] });
    await world.nth('unknown', 'RevisionDetected', 1);
    expect(await world.nth('unknown', 'HostKeysTrusted', 1)).toMatchObject({ actor: 'person:ada' });
  });

  test('whose host shows another key is refused with both, and goes on where it was once that is trusted', async () => {
    await world.makeRepository('moved');
    await registerBySsh('moved');
    await world.nth('moved', 'RevisionDetected', 1);
    await ssh.close();
    const before = ssh.knownHosts;
    ssh = await serve(ssh.port);
    ssh.admit(deployKey.public);
    await world.refresh('moved');
    const { data } = await world.nth('moved', 'FetchFailed', 1);
    const { result } = await world.command<ShownKeys>('host-keys', { repository: 'moved' });
    expect(ssh.knownHosts).not.toBe(before);
    expect(data.class).toBe('host-key');
    expect(data.reason).toContain(result.shown[0]?.fingerprint);
    expect(data.reason).toContain(result.trusted[0]?.fingerprint);
    const fingerprints = result.shown.map(({ fingerprint }) => fingerprint);
    await world.command('trust', { repository: 'moved', fingerprints });
    await world.nth('moved', 'FetchRecovered', 1);
    expect(await world.ofType('moved', 'RevisionDetected')).toHaveLength(1);
  });

  const wrong: readonly (readonly [string, Wrong, RegExp])[] = [
    ['a password', { credential: { username: 'ada', password: 'hunter2' } }, /takes a deploy key/],
    ['a public key', { credential: { privateKey: deployKey.public } }, /no private key/],
    ['known hosts of another', { knownHosts: 'example.com ssh-ed25519 AAAA\n' }, /hold no key of \[127/],
    ['a deploy key by HTTP', { url: 'https://example.com/a', credential: { privateKey: 'x' } }, /is for SSH/],
    ['an option for a host', { url: 'ssh://-oProxyCommand=id/x' }, /no host that is reached/],
    ['signers who are nobody', { signatures: { allowedSigners: '# nobody' } }, /names nobody/],
    ['an option for a path', { url: 'git@example.com:-x' }, /names no repository/],
  ];

  test.each(wrong)('is not registered with %s', async (_, { credential, ...more }, sentence) => {
    const sealed = credential && { credential: await world.sealed(credential) };
    const registering = world.register('wrong', { url: ssh.urlOf('wrong'), ...more, ...sealed });
    await expect(registering).rejects.toThrow(sentence);
  });
});
