import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { GitError } from '../git-error.js';
import { ensureBareRepository } from '../process/bare-repository.js';
import { git, runGit } from '../process/run-git.js';
import { BatchReader } from './batch-reader.js';
import { materialise } from './materialise.js';
import type { ObjectCache, TreeEntry, WrittenLimits } from './object-cache.js';
import { TreeWalker, type ListOptions } from './tree-walker.js';

/** After as many imports the packs are joined, so that looking something up stays one look. */
const importsBetweenRepacks = 32;

/** Opens the object cache in a folder, and makes it where there is none. One process may hold a folder at a time. */
export const openObjectCache = async (dir: string): Promise<ObjectCache> => {
  await ensureBareRepository(dir);
  await removeLeftovers(join(dir, 'objects', 'pack'));
  return new BareObjectCache(dir);
};

/** What an import that was killed left behind; git gives a pack its name only when it is whole. */
const removeLeftovers = async (packs: string): Promise<void> => {
  const names = await readdir(packs).catch(() => []);
  const leftovers = names.filter((name) => name.startsWith('tmp_') || name.startsWith('.tmp-'));
  await Promise.all(leftovers.map((name) => rm(join(packs, name), { force: true })));
};

/** What git says (LC_ALL=C) where the disk is full. */
const isFull = (stderr: string): boolean => /no space left on device|disk quota exceeded/i.test(stderr);

class BareObjectCache implements ObjectCache {
  readonly #reader: BatchReader;
  readonly #walker: TreeWalker;
  #turn: Promise<void> = Promise.resolve();
  #imports = 0;

  constructor(private readonly dir: string) {
    this.#reader = new BatchReader(dir);
    this.#walker = new TreeWalker(this.#reader);
  }

  async has(oid: string): Promise<boolean> {
    return /^[0-9a-f]{40,64}$/.test(oid) && (await this.#reader.read(oid)) !== undefined;
  }

  /** Imports take turns: two at once would only compete for the disk, and joining packs must not meet another import. */
  importPack(pack: Uint8Array): Promise<void> {
    const mine = this.#turn.then(() => this.#import(pack));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  readTree(revision: string, path = '', options: ListOptions = {}): Promise<readonly TreeEntry[]> {
    return this.#walker.list(revision, path, options);
  }

  resolvePath(revision: string, path: string): Promise<Omit<TreeEntry, 'path'> | undefined> {
    return this.#walker.find(revision, path);
  }

  async readBlob(oid: string, maxBytes?: number): Promise<Uint8Array> {
    const object = await this.#reader.read(oid, maxBytes);
    if (object?.type === 'blob') return object.bytes;
    throw new GitError('object-missing', `the file ${oid} is not in the object cache`, oid);
  }

  materialise(
    revision: string,
    paths: readonly string[],
    dir: string,
    limits?: WrittenLimits,
  ): Promise<void> {
    return materialise(this, revision, paths, dir, limits);
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#reader.close();
  }

  async #import(pack: Uint8Array): Promise<void> {
    const { exitCode, stderr } = await runGit({
      dir: this.dir,
      args: ['index-pack', '--stdin'],
      input: pack,
    });
    if (exitCode !== 0) {
      if (isFull(stderr)) throw new GitError('no-space', `there is no room in ${this.dir} for the pack`);
      throw new GitError('pack-refused', `the pack cannot be taken in: ${stderr.trim().slice(-300)}`);
    }
    this.#imports += 1;
    if (this.#imports % importsBetweenRepacks === 0)
      await git({ dir: this.dir, args: ['repack', '--geometric=2', '-d', '--quiet'] });
  }
}
