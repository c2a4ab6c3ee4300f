import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { Hub } from '@syncline/event-store';
import { subjects, type RepositoryEvent } from '@syncline/events';
import { createRepositoryFrom, openObjectCache, startGitServer } from '@syncline/git';
import type { CommandAnswer, StoredEvent } from '@syncline/kernel';
import { createLogger, Metrics, startService } from '@syncline/observability';
import { decryptPack, generateKeyPair, seal } from '@syncline/sealing';
import { eventually, startLog, temporaryFolder, testKeys } from '@syncline/testkit';
import { freePort } from '@syncline/toolchain';

import { GitWatcherModule, type WatcherHub } from '../git-watcher.module.js';

const run = promisify(execFile);
const never = 3600;

type Event<Type extends RepositoryEvent['type']> = StoredEvent<Extract<RepositoryEvent, { type: Type }>>;
type Running = { readonly close: () => Promise<void> };

/** git-watcher as its main starts it, a log, a Git server, and the api that sends commands. */
export class WatcherWorld {
  #opened = 0;
  #watcher: Running | undefined;

  private constructor(
    readonly log: Awaited<ReturnType<typeof startLog>>,
    readonly folder: Awaited<ReturnType<typeof temporaryFolder>>,
    readonly server: Awaited<ReturnType<typeof startGitServer>>,
    readonly api: Hub,
    readonly keys: Awaited<ReturnType<typeof generateKeyPair>>,
  ) {}

  static async open(): Promise<WatcherWorld> {
    const log = await startLog();
    const folder = await temporaryFolder('git-watcher');
    const server = await startGitServer({ dir: join(folder.path, 'git'), port: 0 });
    const world = new WatcherWorld(log, folder, server, await log.hub('api'), await generateKeyPair());
    await world.startWatcher();
    return world;
  }

  /** Starts git-watcher on a state directory that may be kept from an earlier one. */
  async startWatcher(state = 'state', through?: (hub: Hub) => WatcherHub): Promise<void> {
    const hub = await this.log.hub('git-watcher', { stateDir: join(this.log.dir, 'services', state) });
    const stateDir = join(this.folder.path, state);
    const config = { stateDir, packKey: testKeys.packKey, identity: this.keys.identity };
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
    this.#watcher = {
      close: async () => {
        await app.close();
        await hub.close();
      },
    };
  }

  async stopWatcher(): Promise<void> {
    await this.#watcher?.close();
    this.#watcher = undefined;
  }

  async close(): Promise<void> {
    await this.stopWatcher();
    await this.server.close();
    await this.log.stop();
    await this.folder.remove();
  }

  /** A clone of a repository on the server, and what a person does in it. */
  async clone(name: string) {
    const dir = join(this.folder.path, 'clones', name);
    const git = async (...args: string[]): Promise<string> => {
      const identity = ['-c', 'user.name=Ada Lovelace', '-c', 'user.email=ada@example.com'];
      return (await run('git', ['-C', dir, ...identity, ...args])).stdout.trim();
    };
    await mkdir(join(this.folder.path, 'clones'), { recursive: true });
    await run('git', ['clone', '--quiet', this.server.urlOf(name), dir]);
    const write = async (path: string, content: string): Promise<void> => {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), content);
    };
    const commit = async (content: string, message = content, ...options: string[]): Promise<string> => {
      await write('app.yaml', content);
      await git('add', '--all');
      await git(...options, 'commit', '--quiet', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    };
    const push = (...args: string[]) => git('push', '--quiet', 'origin', 'main', ...args);
    return { dir, git, write, commit, push };
  }

  /** A repository with one commit that holds `app.yaml`, and a clone of it. */
  async makeRepository(name: string) {
    const workTree = join(this.folder.path, 'sources', name);
    await mkdir(workTree, { recursive: true });
    await writeFile(join(workTree, 'app.yaml'), 'replicas: 1\n');
    await createRepositoryFrom({ repository: join(this.folder.path, 'git', `${name}.git`), workTree });
    return this.clone(name);
  }

  /** Sends git-watcher a command on behalf of Ada. */
  command<Result>(verb: string, payload: Record<string, unknown>): Promise<CommandAnswer<Result>> {
    return this.api.commands.send<Result>('git-watcher', verb, payload, { actor: 'person:ada' });
  }

  register(repository: string, more: Record<string, unknown> = {}) {
    return this.command<{ repository: string }>('register', {
      repository,
      url: this.server.urlOf(repository),
      ref: { kind: 'branch', name: 'main' },
      pollSeconds: never,
      ...more,
    });
  }

  refresh(repository: string): Promise<CommandAnswer<{ outcome: string }>> {
    return this.command('refresh', { repository });
  }

  /** A credential as a command carries it. */
  async sealed(credential: object): Promise<string> {
    const bytes = await seal(Buffer.from(JSON.stringify(credential)), [this.keys.recipient]);
    return Buffer.from(bytes).toString('base64');
  }

  async eventsOf(repository: string): Promise<StoredEvent<RepositoryEvent>[]> {
    return (await this.api.log.read(subjects.repository(repository))).flatMap(
      ({ events }) => events as StoredEvent<RepositoryEvent>[],
    );
  }

  async ofType<Type extends RepositoryEvent['type']>(repository: string, type: Type) {
    return (await this.eventsOf(repository)).filter((event): event is Event<Type> => event.type === type);
  }

  /** The nth event of a type, once it is there. */
  nth<Type extends RepositoryEvent['type']>(
    repository: string,
    type: Type,
    count: number,
    deadlineMs = 20_000,
  ) {
    return eventually(
      async () => (await this.ofType(repository, type))[count - 1],
      deadlineMs,
      `${type} ${count} of ${repository}`,
    );
  }

  /** Everything that was detected, taken into one cache in order, as the planner does. */
  async cacheOf(repository: string) {
    const dir = join(this.folder.path, 'caches', `${repository}-${String((this.#opened += 1))}`);
    const cache = await openObjectCache(dir);
    const detected = await this.ofType(repository, 'RevisionDetected');
    for (const { data } of detected) {
      const stored = await this.api.blobs.get('hub', data.pack.digest);
      await cache.importPack(decryptPack(stored, testKeys.packKey));
    }
    return { cache, revision: detected.at(-1)!.data.revision };
  }

  /** A file of the last revision, as the planner reads it. */
  async readFileAt(repository: string, path: string): Promise<string> {
    const { cache, revision } = await this.cacheOf(repository);
    const file = await cache.resolvePath(revision, path);
    const text = Buffer.from(await cache.readBlob(file!.oid)).toString();
    await cache.close();
    return text;
  }
}
