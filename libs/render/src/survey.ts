import { configurationGroup, mayDeclare } from './configuration/group.js';
import { isManifestFile, type SourceFile } from './configuration/read-configuration.js';
import { isKustomizationName } from './kustomize/kustomization.js';
import { isRenderError, RenderError } from './render-error.js';
import { displayPath, folderOf, joinPath, nameOf } from './tree/paths.js';
import type { TreeReader } from './tree/tree-reader.js';
import { readDocuments } from './yaml/documents.js';

const mostFiles = 50_000;

/** What a folder of a tree holds that can be looked at without a server. */
export type Survey = {
  /** Files that may declare `syncline.dev` objects. */
  readonly declaring: readonly SourceFile[];
  /** Folders with a kustomization of their own; components, which are built only as part of others, left out. */
  readonly kustomizations: readonly string[];
  /** How many other manifest files there are. */
  readonly manifests: number;
  /** Files that could not be read, and why. */
  readonly faults: readonly RenderError[];
};

type Found = { declaring: SourceFile[]; kustomizations: string[]; manifests: number; faults: RenderError[] };

const isComponent = (text: string): boolean => /^kind:\s*["']?Component\b/m.test(text);

const surveyFile = async (tree: TreeReader, path: string, found: Found): Promise<void> => {
  try {
    const text = await tree.read(path);
    if (isKustomizationName(nameOf(path))) {
      if (!isComponent(text)) found.kustomizations.push(folderOf(path));
    } else if (mayDeclare(text)) found.declaring.push({ path, text });
    else found.manifests += 1;
  } catch (error) {
    if (!isRenderError(error)) throw error;
    found.faults.push(error);
  }
};

const filesOf = async (tree: TreeReader, folder: string, files: string[]): Promise<readonly string[]> => {
  for (const { name, kind } of await tree.list(folder)) {
    if (name.startsWith('.') || name === 'node_modules') continue;
    const path = joinPath(folder, name);
    if (kind === 'folder') await filesOf(tree, path, files);
    else if (kind === 'file' && (isManifestFile(name) || isKustomizationName(name))) files.push(path);
    if (files.length > mostFiles)
      throw new RenderError('object-limit', `more than ${mostFiles} manifest files; name a folder below it`, {
        file: displayPath(folder),
        line: 1,
      });
  }
  return files;
};

/**
 * Looks through a folder, or at one file, for what can be validated: links, hidden folders and `node_modules` are passed
 * over. Throws RenderError where there are too many files.
 */
export const survey = async (tree: TreeReader, path: string): Promise<Survey> => {
  const found: Found = { declaring: [], kustomizations: [], manifests: 0, faults: [] };
  const isFile = isManifestFile(path) || isKustomizationName(nameOf(path));
  const isFolder = !isFile || (await tree.list(path)).length > 0;
  const files = isFolder ? [...(await filesOf(tree, path, []))].sort() : [path];
  for (const file of files) await surveyFile(tree, file, found);
  return found;
};

const repositoryOf = (value: unknown): readonly string[] => {
  const { apiVersion, spec, items } = (value ?? {}) as Record<string, unknown>;
  if (Array.isArray(items)) return items.flatMap(repositoryOf);
  if (!String(apiVersion).startsWith(`${configurationGroup}/`)) return [];
  const { source } = (spec ?? {}) as { source?: { repository?: unknown } };
  return typeof source?.repository === 'string' ? [source.repository] : [];
};

/** The names that declarations give to the repository that they stand in; files that cannot be read name none. */
export const namedRepositories = (files: readonly SourceFile[]): ReadonlySet<string> =>
  new Set(
    files.flatMap(({ path, text }) => {
      try {
        return readDocuments(path, text).flatMap(({ value }) => repositoryOf(value));
      } catch (error) {
        if (!isRenderError(error)) throw error;
        return [];
      }
    }),
  );
