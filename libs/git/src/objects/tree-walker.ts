import { setImmediate as nextTurn } from 'node:timers/promises';

import { GitError } from '../git-error.js';
import type { BatchReader } from './batch-reader.js';
import type { TreeEntry } from './object-cache.js';
import { parseTree, type NamedEntry } from './parse-tree.js';

const cachedEntries = 1_000_000;
/** A folder of some 350,000 names. */
const largestTree = 16 * 1024 * 1024;
/** What a walk gives at most: a few small trees that name each other again and again stand for any number of files. */
const mostEntries = 500_000;
/** After as many, whatever else there is to do has its turn: what is cached is read without any waiting. */
const entriesPerTurn = 2_000;
/** As much as Linux takes as a path (PATH_MAX). */
const longestPath = 4096;
const oidPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Which entries are listed, and how many of them at most. */
export type ListOptions = { readonly recursive?: boolean; readonly atMost?: number };

/** A folder's entries by name, in its order. */
type Folder = ReadonlyMap<string, NamedEntry>;

type Walk = { readonly found: TreeEntry[]; readonly recursive: boolean; readonly atMost: number };

/** Walks trees by names. A tree never changes, so those read last are kept. */
export class TreeWalker {
  readonly #trees = new Map<string, Folder>();
  #cached = 0;

  constructor(private readonly reader: BatchReader) {}

  async find(revision: string, path: string): Promise<Omit<TreeEntry, 'path'> | undefined> {
    let at: Omit<TreeEntry, 'path'> = { mode: '040000', type: 'tree', oid: await this.#root(revision) };
    for (const name of path.split('/').filter((one) => one !== '' && one !== '.')) {
      if (at.type !== 'tree') return undefined;
      const found: NamedEntry | undefined = (await this.#tree(at.oid, path)).get(name);
      if (!found) return undefined;
      at = await this.#followed({ mode: found.mode, type: found.type, oid: found.oid });
    }
    return at;
  }

  async list(
    revision: string,
    path: string,
    { recursive = false, atMost = mostEntries }: ListOptions,
  ): Promise<readonly TreeEntry[]> {
    const folder = await this.find(revision, path);
    if (folder?.type !== 'tree') return [];
    const names = path.split('/').filter((one) => one !== '' && one !== '.');
    const walk = { found: [], recursive, atMost };
    await this.#below(folder.oid, names.map((name) => `${name}/`).join(''), walk);
    return walk.found;
  }

  async #below(oid: string, prefix: string, walk: Walk): Promise<void> {
    if (prefix.length > longestPath)
      throw refuse(prefix, `has a path of more than ${longestPath} characters`);
    for (const { name, ...listed } of (await this.#tree(oid, prefix)).values()) {
      const entry = await this.#followed(listed);
      const { length } = walk.found;
      if (length >= walk.atMost) throw refuse(prefix, `is one of more than ${walk.atMost} files and folders`);
      if (length % entriesPerTurn === entriesPerTurn - 1) await nextTurn();
      walk.found.push({ ...entry, path: `${prefix}${name}` });
      if (walk.recursive && entry.type === 'tree') await this.#below(entry.oid, `${prefix}${name}/`, walk);
    }
  }

  /** A submodule whose commit came along in a pack is the folder that it stands for. */
  async #followed<Entry extends Omit<TreeEntry, 'path'>>(entry: Entry): Promise<Entry> {
    if (entry.type !== 'commit') return entry;
    const tree = await this.reader.read(`${entry.oid}^{tree}`, largestTree);
    return tree ? { ...entry, mode: '040000', type: 'tree', oid: tree.oid } : entry;
  }

  async #root(revision: string): Promise<string> {
    if (!oidPattern.test(revision)) throw missing(revision);
    if (this.#trees.has(revision)) return revision;
    const tree = await this.reader.read(`${revision}^{tree}`, largestTree);
    if (!tree) throw missing(revision);
    this.#keep(tree.oid, parseTree(tree.bytes, tree.oid.length / 2));
    return tree.oid;
  }

  async #tree(oid: string, path: string): Promise<Folder> {
    const known = this.#trees.get(oid);
    if (known) return known;
    const tree = await this.reader.read(oid, largestTree).catch((error: unknown) => {
      if (!(error instanceof GitError && error.code === 'too-large')) throw error;
      throw refuse(path, 'is a folder with too many names');
    });
    if (tree?.type !== 'tree') throw missing(oid);
    return this.#keep(oid, parseTree(tree.bytes, oid.length / 2));
  }

  #keep(oid: string, entries: readonly NamedEntry[]): Folder {
    const folder = new Map(entries.map((entry) => [entry.name, entry]));
    this.#cached += folder.size - (this.#trees.get(oid)?.size ?? -1);
    this.#trees.set(oid, folder);
    for (const [oldest, dropped] of this.#trees) {
      if (this.#cached <= cachedEntries || oldest === oid) break;
      this.#trees.delete(oldest);
      this.#cached -= dropped.size + 1;
    }
    return folder;
  }
}

const refuse = (prefix: string, why: string): GitError => {
  const path = prefix.replace(/\/$/, '').slice(0, 200);
  return new GitError('tree-refused', `${path === '' ? 'the root' : path} ${why}, which is not read`, path);
};

const missing = (oid: string): GitError =>
  new GitError('object-missing', `the Git object ${oid} is not in the object cache`, oid);
