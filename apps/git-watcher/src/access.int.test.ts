import { join } from 'node:path';

import { subjects } from '@syncline/events';
import { generateSshKey, startSshServer, type SshServer } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ShownKeys } from './registration/trust.handler.js';
import { WatcherWorld } from './testing/watcher-world.js';

const [deployKey, nextKey] = [generateSshKey(), generateSshKey()];
let world: WatcherWorld;
let ssh: SshServer;

type Wrong = { readonly credential?: object; readonly url?: string; readonly knownHosts?: string };

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
    ['an option for a path', { url: 'git@example.com:-x' }, /names no repository/],
  ];

  test.each(wrong)('is not registered with %s', async (_, { credential, ...more }, sentence) => {
    const sealed = credential && { credential: await world.sealed(credential) };
    const registering = world.register('wrong', { url: ssh.urlOf('wrong'), ...more, ...sealed });
    await expect(registering).rejects.toThrow(sentence);
  });
});
