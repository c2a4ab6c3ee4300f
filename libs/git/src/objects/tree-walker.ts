import { GitError } from '../git-error.js';
import type { BatchReader } from './batch-reader.js';
import type { TreeEntry } from './object-cache.js';
import { parseTree, type NamedEntry } from './parse-tree.js';

const cachedTrees = 4096;
const oidPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Walks trees by names. A tree never changes, so those read last are kept. */
export class TreeWalker {
  readonly #trees = new Map<string, readonly NamedEntry[]>();

  constructor(private readonly reader: BatchReader) {}

  async find(revision: string, path: string): Promise<Omit<TreeEntry, 'path'> | undefined> {
    let at: Omit<TreeEntry, 'path'> = { mode: '040000', type: 'tree', oid: await this.#root(revision) };
    for (const name of path.split('/').filter((one) => one !== '' && one !== '.')) {
      if (at.type !== 'tree') return undefined;
      const found: NamedEntry | undefined = (await this.#tree(at.oid)).find((entry) => entry.name === name);
      if (!found) return undefined;
      at = { mode: found.mode, type: found.type, oid: found.oid };
    }
    return at;
  }

  async list(revision: string, path: string, recursive: boolean): Promise<readonly TreeEntry[]> {
    const folder = await this.find(revision, path);
    if (folder?.type !== 'tree') return [];
    const names = path.split('/').filter((one) => one !== '' && one !== '.');
    return this.#below(folder.oid, names.map((name) => `${name}/`).join(''), recursive);
  }

  async #below(oid: string, prefix: string, recursive: boolean): Promise<readonly TreeEntry[]> {
    const entries: TreeEntry[] = [];
    for (const { name, ...entry } of await this.#tree(oid)) {
      entries.push({ ...entry, path: `${prefix}${name}` });
      if (recursive && entry.type === 'tree')
        entries.push(...(await this.#below(entry.oid, `${prefix}${name}/`, true)));
    }
    return entries;
  }

  async #root(revision: string): Promise<string> {
    if (!oidPattern.test(revision)) throw missing(revision);
    if (this.#trees.has(revision)) return revision;
    const tree = await this.reader.read(`${revision}^{tree}`);
    if (!tree) throw missing(revision);
    this.#keep(tree.oid, parseTree(tree.bytes, tree.oid.length / 2));
    return tree.oid;
  }

  async #tree(oid: string): Promise<readonly NamedEntry[]> {
    const known = this.#trees.get(oid);
    if (known) return known;
    const tree = await this.reader.read(oid);
    if (tree?.type !== 'tree') throw missing(oid);
    return this.#keep(oid, parseTree(tree.bytes, oid.length / 2));
  }

  #keep(oid: string, entries: readonly NamedEntry[]): readonly NamedEntry[] {
    const [oldest] = this.#trees.keys();
    if (this.#trees.size >= cachedTrees && oldest !== undefined) this.#trees.delete(oldest);
    this.#trees.set(oid, entries);
    return entries;
  }
}

const missing = (oid: string): GitError =>
  new GitError('object-missing', `the Git object ${oid} is not in the object cache`, oid);
