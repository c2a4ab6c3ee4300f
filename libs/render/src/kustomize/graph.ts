import { isRenderError, RenderError } from '../render-error.js';
import { displayPath, folderOf, isWithin, joinPath, nameOf, resolvePath } from '../tree/paths.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { readDocuments } from '../yaml/documents.js';
import { suggestPath } from '../tree/suggest-path.js';
import { limits } from '../yaml/limits.js';
import {
  isKustomizationName,
  readKustomization,
  type Kustomization,
  type Reference,
} from './kustomization.js';
import { checkPlugins } from './plugins.js';
import { isRemote } from './remote.js';
import { isInline } from './written.js';

/** Everything that a kustomization reaches. */
export type KustomizeGraph = {
  /** Folders and files that decide what is built, the absent ones among them. */
  readonly paths: ReadonlySet<string>;
  /** Files that hold objects, in the order of first mention. */
  readonly objectFiles: readonly string[];
  readonly kustomizations: readonly Kustomization[];
  /** What is wrong, in the order in which it was met. */
  readonly faults: readonly RenderError[];
};

type Walk = {
  readonly tree: TreeReader;
  readonly paths: Set<string>;
  readonly objectFiles: Set<string>;
  readonly kustomizations: Kustomization[];
  readonly faults: RenderError[];
  readonly visited: Set<string>;
};
type Kind = 'file' | 'folder' | 'link' | 'submodule' | 'absent';

const kindOf = async ({ tree }: Walk, path: string): Promise<Kind> => {
  if (path === '') return 'folder';
  const entry = (await tree.list(folderOf(path))).find(({ name }) => name === nameOf(path));
  return entry?.kind ?? 'absent';
};

const refuse = (walk: Walk, reference: Reference, code: RenderError['code'], what: string): void => {
  const { file, findLine, field, written } = reference;
  walk.faults.push(new RenderError(code, `${field} "${written}" ${what}`, { file, line: findLine() }));
};

const visitFile = async (walk: Walk, folder: string, path: string, reference: Reference): Promise<void> => {
  if (!isWithin(folder, path)) {
    refuse(walk, reference, 'reference-outside', `is a file outside of its kustomization's folder`);
    return;
  }
  if (reference.holdsObjects) walk.objectFiles.add(path);
  if (reference.kind === 'plugin') walk.faults.push(...checkPlugins(path, await walk.tree.read(path)));
  if (reference.field === 'patch') readDocuments(path, await walk.tree.read(path));
};

const visitTarget = async (
  walk: Walk,
  { folder, stack }: { folder: string; stack: readonly string[] },
  path: string,
  reference: Reference,
): Promise<void> => {
  const kind = await kindOf(walk, path);
  if (kind === 'absent') {
    const hint = await suggestPath(walk.tree, path, reference.written);
    refuse(walk, reference, 'reference-missing', `does not exist.${hint}`);
    return;
  }
  if (kind === 'link' || kind === 'submodule') {
    refuse(
      walk,
      reference,
      'link-refused',
      `is a ${kind === 'link' ? 'symbolic link' : 'submodule'}, which is not followed`,
    );
    return;
  }
  if (kind === 'file' && reference.kind === 'folder') {
    refuse(walk, reference, 'reference-missing', 'is a file, not a folder');
    return;
  }
  if (kind === 'file') return visitFile(walk, folder, path, reference);
  if (reference.kind === 'file') {
    refuse(walk, reference, 'reference-missing', 'is a folder, not a file');
    return;
  }
  if (reference.kind === 'plugin') {
    refuse(walk, reference, 'plugin-refused', 'is a folder; name the file of a plugin');
    return;
  }
  if (stack.some((above) => isWithin(path, above))) {
    refuse(walk, reference, 'reference-cycle', 'leads back to a folder that leads here');
    return;
  }
  return visitFolder(walk, path, stack, reference);
};

const visitReference = async (
  walk: Walk,
  at: { folder: string; stack: readonly string[] },
  reference: Reference,
): Promise<void> => {
  const { written, kind } = reference;
  if (kind === 'plugin' && isInline(written)) {
    const { file, findLine } = reference;
    for (const { code, message } of checkPlugins(file, written))
      walk.faults.push(new RenderError(code, message, { file, line: findLine() }));
    return;
  }
  if (isRemote(written)) {
    refuse(walk, reference, 'remote-refused', 'is remote; what is deployed must stand in the repository');
    return;
  }
  const path = resolvePath(at.folder, written);
  if (path === undefined) {
    refuse(walk, reference, 'reference-outside', 'leaves the repository');
    return;
  }
  walk.paths.add(path);
  if (walk.paths.size > limits.filesPerApplication)
    throw new RenderError('object-limit', `more than ${limits.filesPerApplication} files are reached`, {
      file: reference.file,
      line: reference.findLine(),
    });
  return visitTarget(walk, at, path, reference);
};

const findKustomization = async (
  walk: Walk,
  folder: string,
  from?: Reference,
): Promise<string | undefined> => {
  const names = (await walk.tree.list(folder)).filter(({ name }) => isKustomizationName(name));
  const [first, second] = names;
  if (first?.kind === 'file' && second === undefined) return joinPath(folder, first.name);
  const place = {
    file: from?.file ?? (first === undefined ? displayPath(folder) : joinPath(folder, first.name)),
    line: from?.findLine() ?? 1,
  };
  if (first === undefined) {
    walk.faults.push(
      new RenderError('kustomization-invalid', `${displayPath(folder)} holds no kustomization.yaml`, place),
    );
  } else if (second !== undefined) {
    walk.faults.push(
      new RenderError(
        'kustomization-invalid',
        `${displayPath(folder)} holds both ${first.name} and ${second.name}`,
        place,
      ),
    );
  } else {
    walk.faults.push(
      new RenderError('link-refused', `${joinPath(folder, first.name)} is no plain file`, place),
    );
  }
  return undefined;
};

const visitFolder = async (
  walk: Walk,
  folder: string,
  stack: readonly string[],
  from?: Reference,
): Promise<void> => {
  walk.paths.add(folder);
  if (walk.visited.has(folder)) return;
  walk.visited.add(folder);
  const file = await findKustomization(walk, folder, from);
  if (file === undefined) return;
  try {
    const kustomization = readKustomization(file, await walk.tree.read(file));
    walk.kustomizations.push(kustomization);
    walk.faults.push(...kustomization.faults);
    for (const reference of kustomization.references)
      await visitReference(walk, { folder, stack: [...stack, folder] }, reference);
  } catch (error) {
    if (!isRenderError(error)) throw error;
    walk.faults.push(error);
  }
};

/**
 * Follows a kustomization through everything that it names, as kustomize does (load restrictions of its root: files only from
 * below, folders from anywhere), without running anything. Faults are collected, not thrown.
 */
export const walkKustomization = async (tree: TreeReader, folder: string): Promise<KustomizeGraph> => {
  const walk: Walk = {
    tree,
    paths: new Set(),
    objectFiles: new Set(),
    kustomizations: [],
    faults: [],
    visited: new Set(),
  };
  await visitFolder(walk, folder, []);
  return { ...walk, objectFiles: [...walk.objectFiles] };
};
