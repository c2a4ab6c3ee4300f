import type { Renderer } from '@syncline/events';

import { isKustomizationName } from './kustomize/kustomization.js';
import { walkKustomization } from './kustomize/graph.js';
import { isWithin, resolvePath } from './tree/paths.js';
import type { TreeReader } from './tree/tree-reader.js';

/** A path that manifests are made from and its Git object id; `oid` is empty where the path does not exist. */
export type LineageEntry = { readonly path: string; readonly oid: string };

/** What decides whether a revision affects an application, and what its rendering needs on disk. */
export type Lineage = {
  readonly entries: readonly LineageEntry[];
  /** Files and folders (whole) to write below the root that is handed to `render`. Links are left out. */
  readonly materialise: readonly string[];
};

/** Which renderer a folder takes: the one that is named, else Kustomize where the folder has its file. */
export const detectRenderer = async (
  tree: TreeReader,
  source: { readonly path: string; readonly renderer: Renderer },
): Promise<'plain' | 'kustomize'> => {
  if (source.renderer !== 'detect') return source.renderer;
  const entries = await tree.list(resolvePath('', source.path) ?? '');
  return entries.some(({ name }) => isKustomizationName(name)) ? 'kustomize' : 'plain';
};

/** Leaves out what lies in a folder that is in the list as well. */
const outermost = (paths: Iterable<string>): readonly string[] => {
  const kept: string[] = [];
  for (const path of [...paths].sort()) if (!kept.some((folder) => isWithin(folder, path))) kept.push(path);
  return kept;
};

/**
 * Finds the paths that an application's manifests are made from: its path and, for Kustomize, transitively bases, components
 * and whatever else lies outside. Never fails on what the files say: what is broken is part of the lineage as well.
 */
export const lineageOf = async (
  tree: TreeReader,
  source: { readonly path: string; readonly renderer: Renderer },
): Promise<Lineage> => {
  const path = resolvePath('', source.path) ?? source.path;
  const isKustomize = (await detectRenderer(tree, { path, renderer: source.renderer })) === 'kustomize';
  const paths = isKustomize ? (await walkKustomization(tree, path)).paths : [];
  const entries = await Promise.all(
    outermost([path, ...paths]).map(async (each) => ({ path: each, oid: (await tree.oid(each)) ?? '' })),
  );
  return { entries, materialise: entries.filter(({ oid }) => oid !== '').map((entry) => entry.path) };
};
