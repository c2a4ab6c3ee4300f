import type { ConfigurationError } from '@syncline/events';
import { GitError } from '@syncline/git';
import {
  isManifestFile,
  isRenderError,
  renderLimits,
  told,
  type ConfinedRenderer,
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

  constructor(private readonly confined: Pick<ConfinedRenderer, 'readConfiguration'>) {}

  /**
   * @param paths the registered ones; one that does not exist is an error, not an empty configuration.
   * @param declaredBefore the files that declare what is in force.
   */
  async read(
    tree: RevisionTree,
    repository: { readonly name: string; readonly ref?: string },
    paths: readonly string[],
    declaredBefore: ReadonlySet<string>,
  ): Promise<Declarations> {
    const errors: ConfigurationError[] = [];
    const files = new Map<string, FileEntry>();
    for (const path of paths) {
      const found = await this.#list(tree, path, errors);
      if (!found) errors.push(fault(path, `The registered path "${path}" does not exist in this revision.`));
      for (const file of found ?? []) if (isManifestFile(file.path)) files.set(file.path, file);
    }
    const sources = await this.#readAll(tree, files.values(), declaredBefore, errors);
    const { applications, errors: found } = await this.confined.readConfiguration(sources, repository);
    return { applications, errors: [...errors, ...found] };
  }

  /** The files that may declare something; what is wrong with others is added to the errors. */
  async #readAll(
    tree: RevisionTree,
    files: Iterable<FileEntry>,
    declaredBefore: ReadonlySet<string>,
    errors: ConfigurationError[],
  ): Promise<readonly SourceFile[]> {
    const sources: SourceFile[] = [];
    let bytes = 0;
    for (const file of files) {
      const read = await this.#read(tree, file, declaredBefore);
      if (read && 'reason' in read) errors.push(read);
      else if (read) sources.push(read);
      bytes += read && 'text' in read ? read.text.length : 0;
      if (bytes <= renderLimits.declarationBytes) continue;
      const most = `${renderLimits.declarationBytes / 1024 / 1024} MiB`;
      errors.push(fault(file.path, `Files that declare have more than ${most} together.`));
      return [];
    }
    return sources;
  }

  /** The files at a path; where the folders themselves are refused, that is the error, and there are none. */
  async #list(
    tree: RevisionTree,
    path: string,
    errors: ConfigurationError[],
  ): Promise<readonly FileEntry[] | undefined> {
    try {
      return await tree.files(path);
    } catch (error) {
      if (!(error instanceof GitError && error.code === 'tree-refused')) throw error;
      errors.push(fault(error.object ?? path, error.message));
      return [];
    }
  }

  /** What cannot be read and declared something, or says that it does, is an error: else its applications would be gone. */
  async #couldDeclare(
    tree: RevisionTree,
    file: FileEntry,
    declaredBefore: ReadonlySet<string>,
  ): Promise<boolean> {
    if (declaredBefore.has(file.path)) return true;
    const holds = await tree.holds(file, mark);
    if (holds === false) this.#remember(file);
    return holds === true;
  }

  async #read(
    tree: RevisionTree,
    file: FileEntry,
    declaredBefore: ReadonlySet<string>,
  ): Promise<SourceFile | ConfigurationError | undefined> {
    if (this.#declareNothing.has(file.oid)) return undefined;
    try {
      const text = await tree.readFile(file);
      if (text.includes(mark)) return { path: file.path, text };
    } catch (error) {
      if (!isRenderError(error)) throw error;
      if (error.code === 'reference-missing' || (await this.#couldDeclare(tree, file, declaredBefore)))
        return fault(file.path, error.message, error.line);
      return undefined;
    }
    this.#remember(file);
    return undefined;
  }

  #remember({ oid }: FileEntry): void {
    if (this.#declareNothing.size >= remembered) this.#declareNothing.clear();
    this.#declareNothing.add(oid);
  }
}

const fault = (file: string, reason: string, line = 1): ConfigurationError => ({
  file: told(file),
  line,
  reason: told(reason),
});
