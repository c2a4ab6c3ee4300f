import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually, generateSshKey, startSshServer, type SshServer } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  fingerprintOf,
  openMirror,
  openRemote,
  readKnownHosts,
  scanHostKeys,
  type ConcreteRef,
  type RemoteOptions,
} from '../index.js';
import { gitIn, openWorkPlace, type Clone, type WorkPlace } from './work-place.js';

const main: ConcreteRef = { kind: 'branch', name: 'main' };
const hostKey = generateSshKey();
const deployKey = generateSshKey();
let place: WorkPlace;
let server: SshServer;
let clone: Clone;
let made = 0;

let watching = false;
const seen: string[] = [];
const sessionFolders = (): readonly string[] =>
  readdirSync(tmpdir()).filter((one) => one.startsWith('syncline-ssh-'));

const readOrNothing = (file: string): string => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};

/** Everything that another program of this user could see at this moment. */
const look = (): void => {
  if (!watching) return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    for (const file of ['environ', 'cmdline']) seen.push(readOrNothing(`/proc/${pid}/${file}`));
  for (const folder of sessionFolders())
    for (const file of readdirSync(join(tmpdir(), folder)))
      seen.push(`file ${file} ${readOrNothing(join(tmpdir(), folder, file))}`);
};

const newMirror = () => openMirror(join(place.path, 'mirrors', String((made += 1))));
const keysOf = (text: string) => readKnownHosts(text, new URL(server.urlOf('fleet')));
const optionsOf = (more: Partial<RemoteOptions> = {}): RemoteOptions => ({
  url: server.urlOf('fleet'),
  credential: { privateKey: deployKey.private },
  hostKeys: keysOf(server.knownHosts),
  ...more,
});
const failureOf = async (options: RemoteOptions) =>
  (await openRemote(options)
    .locate(main)
    .catch((error: unknown) => error)) as Error & { code: string };

beforeAll(async () => {
  place = await openWorkPlace();
  clone = await place.create('fleet');
  server = await startSshServer({ dir: join(place.path, 'git'), hostKeys: [hostKey], onCommand: look });
  server.admit(deployKey.public);
});
afterAll(async () => {
  await server.close();
  await place.close();
});

describe('a remote over SSH', () => {
  test('is read with a deploy key, at its ref and by fetching', async () => {
    const head = await clone.commit({ 'app.yaml': 'replicas: 2\n' });
    await clone.push();
    const remote = openRemote(optionsOf());
    expect(await remote.locate(main)).toEqual({ oid: head, ref: main });
    const mirror = await newMirror();
    expect(await remote.fetch(main, mirror)).toBe(head);
    expect(await mirror.readCommit(head)).toMatchObject({ message: 'change\n' });
    expect(server.commands.at(-1)).toBe("git-upload-pack '/fleet.git'");
  });

  test.each(['ecdsa', 'rsa'] as const)('is read with a deploy key of type %s', async (type) => {
    const key = generateSshKey(type);
    server.admit(deployKey.public, key.public);
    const remote = openRemote(optionsOf({ credential: { privateKey: key.private } }));
    expect(await remote.locate(main)).toHaveProperty('oid');
  });

  test('refuses whoever has no key or another one, in a sentence without the key', async () => {
    const stranger = generateSshKey();
    const failure = await failureOf(optionsOf({ credential: { privateKey: stranger.private } }));
    expect(failure).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/Permission denied/) as string,
    });
    expect(`${failure.message}${failure.stack ?? ''}`).not.toContain(stranger.private.split('\n')[2]);
    const { credential, ...anonymous } = optionsOf();
    expect(credential).toBeDefined();
    expect(await failureOf(anonymous)).toMatchObject({ code: 'refused' });
  });

  test('never has the key in a file, an argument or an environment', async () => {
    watching = true;
    await openRemote(optionsOf()).fetch(main, await newMirror());
    watching = false;
    const mark = deployKey.private.split('\n')[3]!.slice(0, 40);
    expect(seen.join('\n')).toContain('SSH_AUTH_SOCK');
    expect(seen.join('\n')).toMatch(/^file .*known_hosts/m);
    expect(seen.join('\n')).not.toContain(mark);
    expect(sessionFolders()).toEqual([]);
    const agents = () =>
      readdirSync('/proc').filter((pid) => readOrNothing(`/proc/${pid}/cmdline`).includes('syncline-ssh-'));
    await eventually(() => agents().length === 0, 5_000, 'the end of the agent');
  });

  test('is read as a whole where it gives no files by their ids, although only some are included', async () => {
    await gitIn(place.bareOf('fleet'), 'config', 'uploadpack.allowFilter', 'true');
    const head = await clone.commit({ 'deploy/a.yaml': 'a', 'src/main.c': 'c' });
    await clone.push();
    const old = await startSshServer({ dir: join(place.path, 'git'), hostKeys: [hostKey], isOld: true });
    old.admit(deployKey.public);
    const url = old.urlOf('fleet');
    const remote = openRemote(optionsOf({ url, hostKeys: readKnownHosts(old.knownHosts, new URL(url)) }));
    const mirror = await newMirror();
    expect(await remote.fetch(main, mirror, { include: ['deploy/'] })).toBe(head);
    expect(old.commands).toHaveLength(3);
    const next = await clone.commit({ 'deploy/a.yaml': 'b' });
    await clone.push();
    expect(await remote.fetch(main, mirror, { include: ['deploy/'], history: true })).toBe(next);
    expect(old.commands).toHaveLength(4);
    expect((await mirror.makePack({ head, include: ['deploy/'] })).length).toBeGreaterThan(0);
    await old.close();
  });

  test('is gone where there is no repository, and out of reach where nobody listens', async () => {
    expect(await failureOf(optionsOf({ url: server.urlOf('nothing') }))).toMatchObject({ code: 'gone' });
    const nobody = optionsOf({ url: 'ssh://git@127.0.0.1:9/fleet.git' });
    expect(await failureOf(nobody)).toMatchObject({ code: 'unreachable' });
  });

  test('is slow where its server never says a word, and out of reach where it breaks off', async () => {
    for (const [say, code] of [
      [() => undefined, 'slow'],
      [(socket: Socket) => socket.end('SSH-2.0-other\r\n'), 'unreachable'],
    ] as const) {
      const silent = createServer(say).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const url = `ssh://git@127.0.0.1:${port}/fleet.git`;
      expect(await failureOf(optionsOf({ url, limits: { listMs: 1_500 } }))).toMatchObject({ code });
      silent.close();
    }
  });

  test('cannot be read where there is no ssh, which is said by name', async () => {
    const bin = join(place.path, 'bin');
    await mkdir(bin);
    await symlink(execFileSync('which', ['git']).toString().trim(), join(bin, 'git'));
    const path = process.env.PATH;
    process.env.PATH = bin;
    const failure = await failureOf(optionsOf()).finally(() => (process.env.PATH = path));
    expect(failure).toMatchObject({
      code: 'unequipped',
      message: expect.stringMatching(/there is no ssh on this machine: install openssh-client/) as string,
    });
  });
});

describe('the host of a remote over SSH', () => {
  test('is refused while it is unknown, with the fingerprint that it shows', async () => {
    const [key] = keysOf(server.knownHosts);
    const failure = await failureOf(optionsOf({ hostKeys: [] }));
    expect(failure.code).toBe('host-key');
    expect(failure.message).toContain(
      `It shows ed25519 ${fingerprintOf(key!)}, and no key of this host is known`,
    );
  });

  test('is refused with both fingerprints where it shows another key than the known one', async () => {
    const [shown] = keysOf(server.knownHosts);
    const [known] = keysOf(`[127.0.0.1]:${server.port} ${generateSshKey().public}\n`);
    const failure = await failureOf(optionsOf({ hostKeys: [known!] }));
    expect(failure.code).toBe('host-key');
    expect(failure.message).toContain(fingerprintOf(shown!));
    expect(failure.message).toContain(`known is ed25519 ${fingerprintOf(known!)}`);
  });

  test('shows its keys when asked for them', async () => {
    expect(await scanHostKeys(server.urlOf('fleet'))).toEqual(keysOf(server.knownHosts));
    await expect(scanHostKeys('ssh://git@127.0.0.1:9/x.git')).rejects.toMatchObject({ code: 'unreachable' });
    await expect(scanHostKeys('https://example.com/x.git')).rejects.toThrow(/no host key to trust/);
  });
});
