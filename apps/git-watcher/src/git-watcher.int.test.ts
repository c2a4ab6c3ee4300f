import { execFile } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Hub } from '@syncline/event-store';
import { subjects, type RepositoryEvent } from '@syncline/events';
import { createRepositoryFrom, openObjectCache, startGitServer, type GitServer } from '@syncline/git';
import type { CommandAnswer, StoredEvent } from '@syncline/kernel';
import { createLogger, Metrics, startService } from '@syncline/observability';
import { decryptPack, generateKeyPair, seal, type KeyPair } from '@syncline/sealing';
import {
  eventually,
  startLog,
  temporaryFolder,
  testKeys,
  type TemporaryFolder,
  type TestLog,
} from '@syncline/testkit';
import { freePort } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { GitWatcherModule, type WatcherHub } from './git-watcher.module.js';

const run = promisify(execFile);
const never = 3600;

type Event<Type extends RepositoryEvent['type']> = StoredEvent<Extract<RepositoryEvent, { type: Type }>>;

let log: TestLog;
let folder: TemporaryFolder;
let server: GitServer;
let api: Hub;
let keys: KeyPair;
let watcher: { close: () => Promise<void> };
let polls = 0;

/** Starts git-watcher as its main does, on a state directory that may be kept from an earlier one. */
const startWatcher = async (state = 'state', through?: (hub: Hub) => WatcherHub) => {
  const hub = await log.hub('git-watcher', { stateDir: join(log.dir, 'services', state) });
  const config = { stateDir: join(folder.path, state), packKey: testKeys.packKey, identity: keys.identity };
  const logger = createLogger('git-watcher', 'silent');
  const module = GitWatcherModule.of(config, through?.(hub) ?? hub, new Metrics('git-watcher'), logger);
  const app = await startService({
    name: 'git-watcher',
    module,
    listen: `127.0.0.1:${await freePort()}`,
    strategy: hub.strategy,
    logger,
    close: hub.close,
  });
  return {
    close: async () => {
      await app.close();
      await hub.close();
    },
  };
};

/** A clone of a repository on the server, and what a person does in it. */
const openClone = async (name: string) => {
  const dir = join(folder.path, 'clones', name);
  const git = async (...args: string[]): Promise<string> => {
    const identity = ['-c', 'user.name=Ada Lovelace', '-c', 'user.email=ada@example.com'];
    return (await run('git', ['-C', dir, ...identity, ...args])).stdout.trim();
  };
  await mkdir(join(folder.path, 'clones'), { recursive: true });
  await run('git', ['clone', '--quiet', server.urlOf(name), dir]);
  const commit = async (content: string, message = content): Promise<string> => {
    await writeFile(join(dir, 'app.yaml'), content);
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  return { git, commit, push: (...args: string[]) => git('push', '--quiet', 'origin', 'main', ...args) };
};

const makeRepository = async (name: string) => {
  const workTree = join(folder.path, 'sources', name);
  await mkdir(workTree, { recursive: true });
  await writeFile(join(workTree, 'app.yaml'), 'replicas: 1\n');
  await createRepositoryFrom({ repository: join(folder.path, 'git', `${name}.git`), workTree });
  return openClone(name);
};

const register = (repository: string, more: Record<string, unknown> = {}) =>
  api.commands.send<{ repository: string }>(
    'git-watcher',
    'register',
    {
      repository,
      url: server.urlOf(repository),
      ref: { kind: 'branch', name: 'main' },
      pollSeconds: never,
      ...more,
    },
    { actor: 'person:ada' },
  );

const refresh = (repository: string): Promise<CommandAnswer> =>
  api.commands.send('git-watcher', 'refresh', { repository }, { actor: 'person:ada' });

const eventsOf = async (repository: string): Promise<StoredEvent<RepositoryEvent>[]> =>
  (await api.log.read(subjects.repository(repository))).flatMap(
    ({ events }) => events as StoredEvent<RepositoryEvent>[],
  );

const ofType = async <Type extends RepositoryEvent['type']>(repository: string, type: Type) =>
  (await eventsOf(repository)).filter((event): event is Event<Type> => event.type === type);

/** The nth event of a type, once it is there. */
const nth = <Type extends RepositoryEvent['type']>(repository: string, type: Type, count: number) =>
  eventually(
    async () => (await ofType(repository, type))[count - 1],
    20_000,
    `${type} ${count} of ${repository}`,
  );

/** Everything that was detected, taken into one cache in order, as the planner does. */
const readFileAt = async (repository: string, path: string): Promise<string> => {
  const cache = await openObjectCache(join(folder.path, 'caches', `${repository}-${String((polls += 1))}`));
  const detected = await ofType(repository, 'RevisionDetected');
  for (const { data } of detected) {
    const stored = await api.blobs.get('hub', data.pack.digest);
    await cache.importPack(decryptPack(stored, testKeys.packKey));
  }
  const file = await cache.resolvePath(detected.at(-1)!.data.revision, path);
  const text = Buffer.from(await cache.readBlob(file!.oid)).toString();
  await cache.close();
  return text;
};

beforeAll(async () => {
  log = await startLog();
  folder = await temporaryFolder('git-watcher');
  keys = await generateKeyPair();
  api = await log.hub('api');
  server = await startGitServer({ dir: join(folder.path, 'git'), port: 0 });
  watcher = await startWatcher();
});

afterAll(async () => {
  await watcher.close();
  await server.close();
  await log.stop();
  await folder.remove();
});

describe('a registered repository', () => {
  test('is recorded at its head, with all that the head holds and its author outside the log', async () => {
    const clone = await makeRepository('fleet');
    const { position } = await register('fleet');
    const { data, correlationId, actor } = await nth('fleet', 'RevisionDetected', 1);
    expect(position.sequence).toBeGreaterThan(0);
    expect(data).toMatchObject({
      revision: await clone.git('rev-parse', 'HEAD'),
      forced: false,
      reverts: [],
    });
    expect(data.base).toBeUndefined();
    expect(actor).toBe('service:git-watcher');
    expect(correlationId).toMatch(/^[0-9a-f]{32}$/);
    expect(await readFileAt('fleet', 'app.yaml')).toBe('replicas: 1\n');
    expect(await api.people.find(data.author.person)).toMatchObject({ email: 'syncline@localhost' });
  });

  test('is recorded once for a push of many commits, with a pack that covers them all', async () => {
    const clone = await makeRepository('many');
    await register('many');
    const first = await nth('many', 'RevisionDetected', 1);
    for (let count = 2; count <= 6; count += 1) await clone.commit(`replicas: ${count}\n`);
    await clone.push();
    await refresh('many');
    const second = await nth('many', 'RevisionDetected', 2);
    expect(second.data).toMatchObject({
      revision: await clone.git('rev-parse', 'HEAD'),
      previous: first.data.revision,
      base: first.data.revision,
      forced: false,
    });
    expect(second.correlationId).not.toBe(first.correlationId);
    expect(await readFileAt('many', 'app.yaml')).toBe('replicas: 6\n');
  });

  test('says which revision a plain git revert takes back', async () => {
    const clone = await makeRepository('reverted');
    await register('reverted');
    await nth('reverted', 'RevisionDetected', 1);
    const bad = await clone.commit('replicas: 0\n');
    await clone.push();
    await refresh('reverted');
    await nth('reverted', 'RevisionDetected', 2);
    await clone.git('revert', '--no-edit', 'HEAD');
    await clone.push();
    await refresh('reverted');
    expect((await nth('reverted', 'RevisionDetected', 3)).data).toMatchObject({
      reverts: [bad],
      forced: false,
    });
  });

  test('says that a push was forced, and can still be read', async () => {
    const clone = await makeRepository('forced');
    await register('forced');
    await nth('forced', 'RevisionDetected', 1);
    await clone.commit('replicas: 2\n');
    await clone.push();
    await refresh('forced');
    const left = await nth('forced', 'RevisionDetected', 2);
    await clone.git('reset', '--quiet', '--hard', 'HEAD~1');
    await clone.commit('replicas: 3\n');
    await clone.push('--force');
    await refresh('forced');
    expect((await nth('forced', 'RevisionDetected', 3)).data).toMatchObject({
      forced: true,
      previous: left.data.revision,
    });
    expect(await readFileAt('forced', 'app.yaml')).toBe('replicas: 3\n');
  });

  test('is polled by itself, without a hint', async () => {
    const clone = await makeRepository('polled');
    await register('polled', { pollSeconds: 1 });
    await nth('polled', 'RevisionDetected', 1);
    await clone.commit('replicas: 2\n');
    await clone.push();
    await nth('polled', 'RevisionDetected', 2);
    await register('polled');
  });

  test('is recorded when it is tracked by an annotated tag, at the commit behind it', async () => {
    const clone = await makeRepository('tagged');
    await clone.git('tag', '-a', '-m', 'first', 'v1');
    await clone.git('push', '--quiet', 'origin', 'v1');
    await register('tagged', { ref: { kind: 'tag', name: 'v1' } });
    const { data } = await nth('tagged', 'RevisionDetected', 1);
    expect(data.revision).toBe(await clone.git('rev-parse', 'HEAD'));
  });
});

describe('a repository that cannot be read', () => {
  test('is said to be gone once, and recovered when it is back, without a revision more', async () => {
    await makeRepository('away');
    await register('away');
    await nth('away', 'RevisionDetected', 1);
    const at = join(folder.path, 'git', 'away.git');
    await rename(at, `${at}.away`);
    await register('away', { pollSeconds: 1 });
    await nth('away', 'FetchFailed', 1);
    await refresh('away');
    await refresh('away');
    await rename(`${at}.away`, at);
    await refresh('away');
    await nth('away', 'FetchRecovered', 1);
    const types = (await eventsOf('away')).map(({ type }) => type);
    expect(types.filter((type) => type === 'FetchFailed')).toHaveLength(1);
    expect(types.filter((type) => type === 'RevisionDetected')).toHaveLength(1);
    expect((await ofType('away', 'FetchFailed'))[0]!.data.class).toBe('gone');
  });

  test('loses its ref and finds it again at another commit, in one decision', async () => {
    const clone = await makeRepository('vanishing');
    await register('vanishing');
    await nth('vanishing', 'RevisionDetected', 1);
    await clone.git('push', '--quiet', 'origin', 'main:elsewhere');
    await clone.git('push', '--quiet', '--delete', 'origin', 'main');
    await refresh('vanishing');
    expect((await nth('vanishing', 'FetchFailed', 1)).data.class).toBe('ref-vanished');
    await clone.commit('replicas: 7\n');
    await clone.push();
    await refresh('vanishing');
    const recovered = await nth('vanishing', 'FetchRecovered', 1);
    const detected = await nth('vanishing', 'RevisionDetected', 2);
    expect(detected.position.sequence).toBe(recovered.position.sequence);
    expect(detected.data.forced).toBe(false);
  });
});

describe('a registration', () => {
  test('that is repeated changes nothing, and one that differs replaces it', async () => {
    await makeRepository('again');
    await register('again');
    await register('again');
    expect(await ofType('again', 'RepositoryRegistered')).toHaveLength(1);
    await register('again', { paths: ['applications/'] });
    const [, second] = await ofType('again', 'RepositoryRegistered');
    expect(second?.data.paths).toEqual(['applications']);
  });

  test.each([
    [{ url: 'http://example.com/fleet.git' }, /Plain HTTP/],
    [{ url: 'https://ada:hunter2@example.com/fleet.git' }, /holds a credential/],
    [{ url: 'ssh://example.com/fleet.git' }, /is not read/],
    [{ paths: ['../secrets'] }, /leaves the repository/],
    [{ ref: { kind: 'commit', name: 'abc' } }, /full 40 digits/],
    [{ credential: Buffer.from('plain').toString('base64') }, /not sealed to git-watcher/],
  ])('is refused in one sentence: %j', async (more, sentence) => {
    await expect(register('wrong', more)).rejects.toThrow(sentence);
    await expect(refresh('wrong')).rejects.toMatchObject({ code: 'repository-unknown' });
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
    const passed = request(`http://127.0.0.1:${server.port}${incoming.url ?? ''}`, options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => forge.listen(0, '127.0.0.1', resolve));
  return forge;
};

describe('a repository with a credential', () => {
  test('is read with it, and the credential stands nowhere in the log', async () => {
    const password = 'planted-hunter2-Xq9';
    await makeRepository('private');
    const forge = await startForge(password);
    const url = new URL(server.urlOf('private'));
    url.port = String((forge.address() as AddressInfo).port);
    await register('private', { url: url.href });
    expect((await nth('private', 'FetchFailed', 1)).data).toMatchObject({ class: 'refused' });
    const sealed = async (text: object) => {
      const bytes = await seal(Buffer.from(JSON.stringify(text)), [keys.recipient]);
      return Buffer.from(bytes).toString('base64');
    };
    await register('private', { url: url.href, credential: await sealed({ username: 'ada', password }) });
    await register('private', { url: url.href, credential: await sealed({ username: 'ada', password }) });
    await nth('private', 'RevisionDetected', 1);
    expect(await ofType('private', 'RepositoryRegistered')).toHaveLength(2);
    for await (const { message } of api.log.scan({}))
      expect(Buffer.from(message.bytes).toString()).not.toContain(password);
    const service = await api.log.read(subjects.service('git-watcher'));
    expect(service.flatMap(({ events }) => events).map(({ type }) => type)).toEqual(['CredentialSealed']);
    await new Promise((resolve) => forge.close(resolve));
  });
});

describe('git-watcher', () => {
  test('that dies between storing a pack and recording it records the same revision once when it is back', async () => {
    const clone = await makeRepository('killed');
    await register('killed');
    await nth('killed', 'RevisionDetected', 1);
    await watcher.close();
    await clone.commit('replicas: 9\n');
    await clone.push();
    const stored: string[] = [];
    const dying = await startWatcher('state', (hub) => ({
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
    await dying.close();
    expect(await ofType('killed', 'RevisionDetected')).toHaveLength(1);
    watcher = await startWatcher();
    const { data } = await nth('killed', 'RevisionDetected', 2);
    expect(data.pack.digest).toBe(stored[0]);
    expect(await readFileAt('killed', 'app.yaml')).toBe('replicas: 9\n');
  });

  test('that lost its state directory goes on where the log stands', async () => {
    const clone = await makeRepository('restored');
    await register('restored');
    const first = await nth('restored', 'RevisionDetected', 1);
    await watcher.close();
    await clone.commit('replicas: 4\n');
    await clone.push();
    watcher = await startWatcher('another');
    const second = await nth('restored', 'RevisionDetected', 2);
    expect(second.data).toMatchObject({ base: first.data.revision, forced: false });
    expect(await ofType('fleet', 'RevisionDetected')).toHaveLength(1);
  });
});
