import { GitError, type ObjectCache, type TreeEntry as GitEntry } from '@syncline/git';
import type { TreeEntry, TreeReader } from '@syncline/render';

/** A file of a revision: its path, and the id under which its bytes lie. */
export type FileEntry = { readonly path: string; readonly oid: string };

const kindOf = ({ mode, type }: GitEntry): TreeEntry['kind'] => {
  if (mode === '120000') return 'link';
  if (type === 'commit') return 'submodule';
  return type === 'tree' ? 'folder' : 'file';
};

const isRegular = (entry: GitEntry): boolean => kindOf(entry) === 'file';

/** One revision's tree out of the object cache. */
export class RevisionTree implements TreeReader {
  private constructor(
    private readonly objects: ObjectCache,
    /** The id of the root tree: looking up below it costs no look at the commit. */
    readonly root: string,
  ) {}

  static async at(objects: ObjectCache, revision: string): Promise<RevisionTree> {
    const found = await objects.resolvePath(revision, '');
    if (!found) throw new GitError('object-missing', `the revision ${revision} is not in the log`, revision);
    return new RevisionTree(objects, found.oid);
  }

  async list(path: string): Promise<readonly TreeEntry[]> {
    const entries = await this.objects.readTree(this.root, path);
    return entries.map((entry) => ({
      name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
      kind: kindOf(entry),
    }));
  }

  async read(path: string): Promise<string> {
    const found = await this.objects.resolvePath(this.root, path);
    if (found?.type !== 'blob')
      throw new GitError('object-missing', `${path} is no file of the revision`, path);
    return this.readBlob(found.oid);
  }

  async oid(path: string): Promise<string | undefined> {
    return (await this.objects.resolvePath(this.root, path))?.oid;
  }

  /** The text behind an id. */
  async readBlob(oid: string): Promise<string> {
    return new TextDecoder().decode(await this.objects.readBlob(oid));
  }

  /** Every regular file at or below a path; undefined where there is nothing at it. */
  async files(path: string): Promise<readonly FileEntry[] | undefined> {
    const found = await this.objects.resolvePath(this.root, path);
    if (!found) return undefined;
    if (found.type === 'blob') return [{ path, oid: found.oid }];
    const entries = await this.objects.readTree(this.root, path, { recursive: true });
    return entries.filter(isRegular).map(({ path: at, oid }) => ({ path: at, oid }));
  }

  /** Writes parts of the revision below a folder as plain files. */
  materialise(paths: readonly string[], dir: string): Promise<void> {
    return this.objects.materialise(this.root, paths, dir);
  }
}
