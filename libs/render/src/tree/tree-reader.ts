/** One name in a folder of a Git tree. */
export type TreeEntry = {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'submodule';
};

/** Read access to one revision's tree. Paths are relative to its root with `/` between names; the root is `''`. */
export interface TreeReader {
  /** The entries of a folder; none where the path is no folder or does not exist. */
  list(path: string): Promise<readonly TreeEntry[]>;
  /** The text of a file (UTF-8). Throws where the path is no file. */
  read(path: string): Promise<string>;
  /** The Git object id of a file or folder; undefined where the path does not exist. */
  oid(path: string): Promise<string | undefined>;
}
