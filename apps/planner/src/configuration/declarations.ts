import type { ConfigurationError } from '@syncline/events';
import { GitError } from '@syncline/git';
import {
  isManifestFile,
  readConfiguration,
  type DeclaredApplication,
  type SourceFile,
} from '@syncline/render';

import type { FileEntry, RevisionTree } from './revision-tree.js';

const remembered = 50_000;
const mark = 'syncline.dev/';

/** What a revision declares under the registered paths. Where there are errors, nothing of it may come into force. */
export type Declarations = {
  readonly applications: readonly DeclaredApplication[];
  readonly errors: readonly ConfigurationError[];
};

/** Reads declarations. Files that were seen to declare nothing are not read again: most files of a repository do not. */
export class DeclarationReader {
  readonly #declareNothing = new Set<string>();

  /** @param paths the registered ones; one that does not exist is an error, not an empty configuration. */
  async read(
    tree: RevisionTree,
    repository: { readonly name: string; readonly ref?: string },
    paths: readonly string[],
  ): Promise<Declarations> {
    const errors: ConfigurationError[] = [];
    const files = new Map<string, FileEntry>();
    for (const path of paths) {
      const found = await tree.files(path);
      if (!found) errors.push(fault(path, `The registered path "${path}" does not exist in this revision.`));
      for (const file of found ?? []) if (isManifestFile(file.path)) files.set(file.path, file);
    }
    const sources: SourceFile[] = [];
    for (const file of files.values()) {
      const read = await this.#read(tree, file);
      if (read && 'reason' in read) errors.push(read);
      else if (read) sources.push(read);
    }
    const { applications, errors: found } = readConfiguration(sources, repository);
    return { applications, errors: [...errors, ...found] };
  }

  async #read(tree: RevisionTree, file: FileEntry): Promise<SourceFile | ConfigurationError | undefined> {
    if (this.#declareNothing.has(file.oid)) return undefined;
    try {
      const text = await tree.readBlob(file.oid);
      if (text.includes(mark)) return { path: file.path, text };
    } catch (error) {
      if (!(error instanceof GitError && error.code === 'object-missing')) throw error;
      return fault(file.path, 'The file is not stored: the include patterns of the repository leave it out.');
    }
    if (this.#declareNothing.size >= remembered) this.#declareNothing.clear();
    this.#declareNothing.add(file.oid);
    return undefined;
  }
}

const fault = (file: string, reason: string): ConfigurationError => ({ file, line: 1, reason });
