import { GitError, isLfsPointer, type ObjectCache, type TreeEntry as GitEntry } from '@syncline/git';
import { decodeText, RenderError, renderLimits, type TreeEntry, type TreeReader } from '@syncline/render';

const notStored = 'The file is not stored: the include patterns of the repository leave it out.';
const inLfs = 'is a Git LFS pointer: its content lies elsewhere, and is not read';

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
    const entries = await this.objects.readTree(this.root, path).catch((error: unknown) => {
      throw asRefusal(path, error);
    });
    return entries.map((entry) => ({
      name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
      kind: kindOf(entry),
    }));
  }

  async read(path: string): Promise<string> {
    const found = await this.objects.resolvePath(this.root, path);
    if (found?.type !== 'blob')
      throw new RenderError('reference-missing', 'is no file of the revision', { file: path, line: 1 });
    return this.readFile({ path, oid: found.oid });
  }

  async oid(path: string): Promise<string | undefined> {
    const found = await this.objects.resolvePath(this.root, path).catch((error: unknown) => {
      throw asRefusal(path, error);
    });
    return found?.oid;
  }

  /** The text of a file. Throws RenderError, with the file, where it is not stored, too large, or no text. */
  async readFile({ path, oid }: FileEntry): Promise<string> {
    try {
      const bytes = await this.objects.readBlob(oid, renderLimits.fileBytes);
      if (isLfsPointer(bytes)) throw new RenderError('reference-missing', inLfs, { file: path, line: 1 });
      return decodeText(path, bytes);
    } catch (error) {
      throw asRefusal(path, error);
    }
  }

  /** Whether a file's bytes hold a text, whatever else they are; undefined where they are too many to be looked at. */
  async holds({ oid }: FileEntry, text: string): Promise<boolean | undefined> {
    try {
      return Buffer.from(await this.objects.readBlob(oid)).includes(text);
    } catch (error) {
      if (error instanceof GitError && error.code === 'too-large') return undefined;
      throw error;
    }
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
  async materialise(paths: readonly string[], dir: string): Promise<void> {
    const { filesPerApplication: maxFiles, sourceBytesPerApplication: maxBytes } = renderLimits;
    try {
      await this.objects.materialise(this.root, paths, dir, { maxFiles, maxBytes });
    } catch (error) {
      throw asRefusal('.', error);
    }
  }
}

/** What the author of a file can mend; the rest is ours. */
const asRefusal = (file: string, error: unknown): unknown => {
  if (!(error instanceof GitError)) return error;
  const place = { file, line: 1, cause: error };
  if (error.code === 'object-missing') return new RenderError('reference-missing', notStored, place);
  if (error.code === 'tree-refused')
    return new RenderError('link-refused', error.message, { ...place, file: error.object ?? file });
  if (error.code !== 'too-large') return error;
  return new RenderError('yaml-limit', `larger than ${renderLimits.fileBytes / 1024 / 1024} MiB`, place);
};
