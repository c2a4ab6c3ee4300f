/** Bytes of a file: from `begin`, so many; all of them where nothing is said. */
export type Slice = { readonly begin: number; readonly length: number };

/** Where files of an archive lie. What is there under a name is whole and stays as it is; nothing is ever removed. */
export type ArchiveStore = {
  /** As people name it. */
  readonly place: string;
  /** The names that are there, in their order. Throws ArchiveError. */
  readonly list: () => Promise<readonly string[]>;
  /**
   * Writes a file, whole or not at all: where the bytes end with an error, or the process does, nothing stands under the name.
   * False where something stands there already, which stays. Throws ArchiveError, and what the bytes end with.
   */
  readonly write: (name: string, bytes: AsyncIterable<Uint8Array>) => Promise<boolean>;
  /** The bytes of a file. Throws ArchiveError. */
  readonly read: (name: string, slice?: Slice) => AsyncIterable<Uint8Array>;
};
