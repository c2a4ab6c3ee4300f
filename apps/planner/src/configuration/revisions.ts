import { join } from 'node:path';

import { encodeToken, subjects, type RepositoryEvent } from '@syncline/events';
import { openObjectCache, type ObjectCache } from '@syncline/git';
import { BlobStore, EventLog, type StoredEvent } from '@syncline/kernel';
import { decryptPack } from '@syncline/sealing';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pLimit from 'p-limit';

import { Config } from '../config.js';
import { RevisionTree } from './revision-tree.js';

type Detected = Extract<RepositoryEvent, { type: 'RevisionDetected' }>['data'];
type Opened = { readonly objects: ObjectCache; readonly oneAtATime: ReturnType<typeof pLimit> };

const detectedIn = (events: readonly StoredEvent[]): readonly Detected[] =>
  events.flatMap((event) => (event.type === 'RevisionDetected' ? [event.data as Detected] : []));

/**
 * Revisions of repositories, read from an object cache in the state directory. What the cache does not have comes from the
 * packs of the log; where it was lost, all of them are taken in again, in order.
 */
@Injectable()
export class Revisions implements OnApplicationShutdown {
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Config) private readonly config: Pick<Config, 'stateDir' | 'packKey'>,
  ) {}

  /** The tree of a revision that was just detected: one pack more. */
  async detected(repository: string, detected: Detected): Promise<RevisionTree> {
    const { objects, oneAtATime } = await this.#open(repository);
    await oneAtATime(async () => {
      const isComplete = detected.base === undefined || (await objects.has(detected.base));
      if (isComplete) await this.#takeIn(objects, detected);
    });
    return this.tree(repository, detected.revision);
  }

  /** The tree of a revision. Throws GitError `object-missing` where the log has never seen it. */
  async tree(repository: string, revision: string): Promise<RevisionTree> {
    const { objects, oneAtATime } = await this.#open(repository);
    await oneAtATime(async () => {
      if (await objects.has(revision)) return;
      const entries = await this.log.read(subjects.repository(repository));
      for (const one of detectedIn(entries.flatMap(({ events }) => events))) await this.#takeIn(objects, one);
    });
    return RevisionTree.at(objects, revision);
  }

  async onApplicationShutdown(): Promise<void> {
    const opened = await Promise.all(this.#opened.values());
    await Promise.all(opened.map(({ objects }) => objects.close()));
  }

  async #takeIn(objects: ObjectCache, { revision, pack }: Detected): Promise<void> {
    if (await objects.has(revision)) return;
    const stored = await this.blobs.get('hub', pack.digest);
    await objects.importPack(decryptPack(stored, this.config.packKey));
  }

  #open(repository: string): Promise<Opened> {
    const known = this.#opened.get(repository);
    if (known) return known;
    const dir = join(this.config.stateDir, 'objects', `${encodeToken(repository)}.git`);
    const opened = openObjectCache(dir).then((objects) => ({ objects, oneAtATime: pLimit(1) }));
    this.#opened.set(repository, opened);
    opened.catch(() => this.#opened.delete(repository));
    return opened;
  }
}
