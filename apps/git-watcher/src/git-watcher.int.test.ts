import { rename } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { subjects } from '@syncline/events';
import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WatcherWorld } from './testing/watcher-world.js';

let world: WatcherWorld;

beforeAll(async () => {
  world = await WatcherWorld.open();
});
afterAll(() => world.close());

describe('a registered repository', () => {
  test('is recorded at its head, with all that the head holds and its author outside the log', async () => {
    const clone = await world.makeRepository('fleet');
    const { position } = await world.register('fleet');
    const { data, correlationId, actor } = await world.nth('fleet', 'RevisionDetected', 1);
    expect(position.sequence).toBeGreaterThan(0);
    expect(data).toMatchObject({
      revision: await clone.git('rev-parse', 'HEAD'),
      forced: false,
      reverts: [],
    });
    expect(data.base).toBeUndefined();
    expect(actor).toBe('service:git-watcher');
    expect(correlationId).toMatch(/^[0-9a-f]{32}$/);
    expect(await world.readFileAt('fleet', 'app.yaml')).toBe('replicas: 1\n');
    expect(await world.api.people.find(data.author.person)).toMatchObject({ email: 'syncline@localhost' });
  });

  test('is recorded once for a push of many commits, with a pack that covers them all', async () => {
    const clone = await world.makeRepository('many');
    await world.register('many');
    const first = await world.nth('many', 'RevisionDetected', 1);
    for (let count = 2; count <= 6; count += 1) await clone.commit(`replicas: ${count}\n`);
    await clone.push();
    await world.refresh('many');
    const second = await world.nth('many', 'RevisionDetected', 2);
    expect(second.data).toMatchObject({
      revision: await clone.git('rev-parse', 'HEAD'),
      previous: first.data.revision,
      base: first.data.revision,
      forced: false,
    });
    expect(second.correlationId).not.toBe(first.correlationId);
    expect(await world.readFileAt('many', 'app.yaml')).toBe('replicas: 6\n');
  });

  test('says which revision a plain git revert takes back', async () => {
    const clone = await world.makeRepository('reverted');
    await world.register('reverted');
    await world.nth('reverted', 'RevisionDetected', 1);
    const bad = await clone.commit('replicas: 0\n');
    await clone.push();
    await world.refresh('reverted');
    await world.nth('reverted', 'RevisionDetected', 2);
    await clone.git('revert', '--no-edit', 'HEAD');
    await clone.push();
    await world.refresh('reverted');
    expect((await world.nth('reverted', 'RevisionDetected', 3)).data).toMatchObject({
      reverts: [bad],
      forced: false,
    });
  });

  test('says that a push was forced, and can still be read', async () => {
    const clone = await world.makeRepository('forced');
    await world.register('forced');
    await world.nth('forced', 'RevisionDetected', 1);
    await clone.commit('replicas: 2\n');
    await clone.push();
    await world.refresh('forced');
    const left = await world.nth('forced', 'RevisionDetected', 2);
    await clone.git('reset', '--quiet', '--hard', 'HEAD~1');
    await clone.commit('replicas: 3\n');
    await clone.push('--force');
    await world.refresh('forced');
    expect((await world.nth('forced', 'RevisionDetected', 3)).data).toMatchObject({
      forced: true,
      previous: left.data.revision,
    });
    expect(await world.readFileAt('forced', 'app.yaml')).toBe('replicas: 3\n');
  });

  test('is polled by itself, without a hint', async () => {
    const clone = await world.makeRepository('polled');
    await world.register('polled', { pollSeconds: 1 });
    await world.nth('polled', 'RevisionDetected', 1);
    await clone.commit('replicas: 2\n');
    await clone.push();
    await world.nth('polled', 'RevisionDetected', 2);
    await world.register('polled');
  });

  test('is recorded when it is tracked by an annotated tag, at the commit behind it', async () => {
    const clone = await world.makeRepository('tagged');
    await clone.git('tag', '-a', '-m', 'first', 'v1');
    await clone.git('push', '--quiet', 'origin', 'v1');
    await world.register('tagged', { ref: { kind: 'tag', name: 'v1' } });
    const { data } = await world.nth('tagged', 'RevisionDetected', 1);
    expect(data.revision).toBe(await clone.git('rev-parse', 'HEAD'));
  });

  test('follows the highest tag of a range of versions, at the commit behind it, and no prerelease', async () => {
    const clone = await world.makeRepository('versions');
    const release = async (version: string, ...how: readonly string[]): Promise<string> => {
      const oid = await clone.commit(`version: ${version}\n`);
      await clone.git('tag', ...how, version);
      await clone.git('push', '--quiet', 'origin', 'main', version);
      return oid;
    };
    const ref = { kind: 'semver', name: '>=1.2 <2' };
    await release('v1.1.0');
    await world.register('versions', { ref });
    expect((await world.nth('versions', 'FetchFailed', 1)).data).toMatchObject({
      class: 'ref-vanished',
      reason: expect.stringMatching(/in the range >=1\.2 <2\. The highest is v1\.1\.0\./) as string,
    });
    const first = await release('v1.2.0', '-a', '-m', 'first');
    await world.refresh('versions');
    expect((await world.nth('versions', 'RevisionDetected', 1)).data).toMatchObject({
      revision: first,
      tag: 'v1.2.0',
      ref,
    });
    for (const version of ['v2.0.0', 'v1.3.0-rc.1', 'nightly']) await release(version);
    expect((await world.refresh('versions')).result.outcome).toBe('unchanged');
    const second = await release('1.10.0');
    await world.refresh('versions');
    expect((await world.nth('versions', 'RevisionDetected', 2)).data).toMatchObject({
      revision: second,
      tag: '1.10.0',
      base: first,
      forced: false,
    });
    expect(await world.readFileAt('versions', 'app.yaml')).toBe('version: 1.10.0\n');
  });
});

describe('a repository that cannot be read', () => {
  test('is said to be gone once, and recovered when it is back, without a revision more', async () => {
    await world.makeRepository('away');
    await world.register('away');
    await world.nth('away', 'RevisionDetected', 1);
    const at = join(world.folder.path, 'git', 'away.git');
    await rename(at, `${at}.away`);
    await world.register('away', { pollSeconds: 1 });
    await world.nth('away', 'FetchFailed', 1);
    await world.refresh('away');
    await world.refresh('away');
    await rename(`${at}.away`, at);
    await world.refresh('away');
    await world.nth('away', 'FetchRecovered', 1);
    const types = (await world.eventsOf('away')).map(({ type }) => type);
    expect(types.filter((type) => type === 'FetchFailed')).toHaveLength(1);
    expect(types.filter((type) => type === 'RevisionDetected')).toHaveLength(1);
    expect((await world.ofType('away', 'FetchFailed'))[0]!.data.class).toBe('gone');
  });

  test('loses its ref and finds it again at another commit, in one decision', async () => {
    const clone = await world.makeRepository('vanishing');
    await world.register('vanishing');
    await world.nth('vanishing', 'RevisionDetected', 1);
    await clone.git('push', '--quiet', 'origin', 'main:elsewhere');
    await clone.git('push', '--quiet', '--delete', 'origin', 'main');
    await world.refresh('vanishing');
    expect((await world.nth('vanishing', 'FetchFailed', 1)).data.class).toBe('ref-vanished');
    await clone.commit('replicas: 7\n');
    await clone.push();
    await world.refresh('vanishing');
    const recovered = await world.nth('vanishing', 'FetchRecovered', 1);
    const detected = await world.nth('vanishing', 'RevisionDetected', 2);
    expect(detected.position.sequence).toBe(recovered.position.sequence);
    expect(detected.data.forced).toBe(false);
  });
});

describe('a registration', () => {
  test('that is repeated changes nothing, and one that differs replaces it', async () => {
    await world.makeRepository('again');
    await world.register('again');
    await world.register('again');
    expect(await world.ofType('again', 'RepositoryRegistered')).toHaveLength(1);
    await world.register('again', { paths: ['applications/'] });
    const [, second] = await world.ofType('again', 'RepositoryRegistered');
    expect(second?.data.paths).toEqual(['applications']);
  });

  test.each([
    [{ url: 'http://example.com/fleet.git' }, /Plain HTTP/],
    [{ url: 'https://ada:hunter2@example.com/fleet.git' }, /holds a credential/],
    [{ url: 'ftp://example.com/fleet.git' }, /is not read/],
    [{ paths: ['../secrets'] }, /leaves the repository/],
    [{ ref: { kind: 'commit', name: 'abc' } }, /full 40 digits/],
    [{ ref: { kind: 'semver', name: '>=1.2 <' } }, /no range of versions/],
    [{ credential: Buffer.from('plain').toString('base64') }, /not sealed to git-watcher/],
  ])('is refused in one sentence: %j', async (more, sentence) => {
    await expect(world.register('wrong', more)).rejects.toThrow(sentence);
    await expect(world.refresh('wrong')).rejects.toMatchObject({ code: 'repository-unknown' });
  });
});

/** A forge that asks for a password, before the Git server of this test. */
const startForge = async (password: string): Promise<Server> => {
  const expected = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;
  const forge = createServer((incoming, outgoing) => {
    if (incoming.headers.authorization !== expected) {
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end();
      return;
    }
    const options = { method: incoming.method, headers: incoming.headers };
    const passed = request(
      `http://127.0.0.1:${world.server.port}${incoming.url ?? ''}`,
      options,
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => forge.listen(0, '127.0.0.1', resolve));
  return forge;
};

describe('a repository with a credential', () => {
  test('is read with it, and the credential stands nowhere in the log', async () => {
    const password = 'planted-hunter2-Xq9';
    await world.makeRepository('private');
    const forge = await startForge(password);
    const url = new URL(world.server.urlOf('private'));
    url.port = String((forge.address() as AddressInfo).port);
    await world.register('private', { url: url.href });
    expect((await world.nth('private', 'FetchFailed', 1)).data).toMatchObject({ class: 'refused' });
    await world.register('private', {
      url: url.href,
      credential: await world.sealed({ username: 'ada', password }),
    });
    await world.register('private', {
      url: url.href,
      credential: await world.sealed({ username: 'ada', password }),
    });
    await world.nth('private', 'RevisionDetected', 1);
    expect(await world.ofType('private', 'RepositoryRegistered')).toHaveLength(2);
    for await (const { message } of world.api.log.scan({}))
      expect(Buffer.from(message.bytes).toString()).not.toContain(password);
    const service = await world.api.log.read(subjects.service('git-watcher'));
    expect(service.flatMap(({ events }) => events).map(({ type }) => type)).toEqual(['CredentialSealed']);
    await new Promise((resolve) => forge.close(resolve));
  });
});

describe('git-watcher', () => {
  test('that dies between storing a pack and recording it records the same revision once when it is back', async () => {
    const clone = await world.makeRepository('killed');
    await world.register('killed');
    await world.nth('killed', 'RevisionDetected', 1);
    await world.stopWatcher();
    await clone.commit('replicas: 9\n');
    await clone.push();
    const stored: string[] = [];
    await world.startWatcher('state', (hub) => ({
      ...hub,
      blobs: {
        get: (owner, digest) => hub.blobs.get(owner, digest),
        put: async (owner, bytes, mediaType) => {
          const { digest } = await hub.blobs.put(owner, bytes, mediaType);
          stored.push(digest);
          throw new Error(`the process ends after ${digest}`);
        },
      },
    }));
    await eventually(() => stored[0], 20_000, 'a stored pack');
    await world.stopWatcher();
    expect(await world.ofType('killed', 'RevisionDetected')).toHaveLength(1);
    await world.startWatcher();
    const { data } = await world.nth('killed', 'RevisionDetected', 2);
    expect(data.pack.digest).toBe(stored[0]);
    expect(await world.readFileAt('killed', 'app.yaml')).toBe('replicas: 9\n');
  });

  test('that lost its state directory goes on where the log stands', async () => {
    const clone = await world.makeRepository('restored');
    await world.register('restored');
    const first = await world.nth('restored', 'RevisionDetected', 1);
    await world.stopWatcher();
    await clone.commit('replicas: 4\n');
    await clone.push();
    await world.startWatcher('another');
    const second = await world.nth('restored', 'RevisionDetected', 2);
    expect(second.data).toMatchObject({ base: first.data.revision, forced: false });
    expect(await world.ofType('fleet', 'RevisionDetected')).toHaveLength(1);
  });
});
