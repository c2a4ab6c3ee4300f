/** One entry of a tree. `path` is relative to the root of the revision, with `/` between names. */
export type TreeEntry = {
  /** Git's octal mode: `100644`, `100755`, `120000` (link), `040000` (folder), `160000` (submodule). */
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly oid: string;
  readonly path: string;
};

/** How much may be written out at once. */
export type WrittenLimits = { readonly maxFiles: number; readonly maxBytes: number };

/**
 * Git objects that came in packs, read by id. Bounded by nothing but what is imported; whoever holds it may drop the
 * folder and import again. Throws {@link GitError} with code `object-missing` where an object is not here.
 */
export interface ObjectCache {
  /** Whether the object is here. A commit is here only with its whole pack. */
  has(oid: string): Promise<boolean>;
  /** Takes in a pack, whole or not at all, whatever ends the process meanwhile. Repeats change nothing. */
  importPack(pack: Uint8Array): Promise<void>;
  /**
   * The entries of a folder of a commit or tree (`''` or absent: its root); with `recursive` everything below it, folders
   * included. Empty where the path is no folder or does not exist. Throws `tree-refused` where it holds more than `atMost`
   * (500,000 where absent) or a path is longer than 4,096 characters.
   */
  readTree(
    revision: string,
    path?: string,
    options?: { readonly recursive?: boolean; readonly atMost?: number },
  ): Promise<readonly TreeEntry[]>;
  /** What stands at a path of a commit or tree; undefined where nothing does. The path `''` is the root folder. */
  resolvePath(revision: string, path: string): Promise<Omit<TreeEntry, 'path'> | undefined>;
  /**
   * The bytes of a file. Throws code `object-missing` where the id is none of a blob that is here, `too-large` where it has more
   * than `maxBytes` (64 MiB where absent).
   */
  readBlob(oid: string, maxBytes?: number): Promise<Uint8Array>;
  /**
   * Writes files and folders of a revision below `dir` as plain files. Paths that do not exist are left out; links, names that
   * would leave `dir`, and more than the limits allow are refused (code `tree-refused`, `object` is the path), submodules
   * that did not come along become empty folders, and a pointer of Git LFS is refused as well.
   */
  materialise(revision: string, paths: readonly string[], dir: string, limits?: WrittenLimits): Promise<void>;
  close(): Promise<void>;
}
