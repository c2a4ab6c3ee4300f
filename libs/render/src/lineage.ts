import type { Renderer } from '@syncline/events';

import type { TreeReader } from './tree/tree-reader.js';

/** A path that manifests are made from and its Git object id; `oid` is empty where the path does not exist. */
export type LineageEntry = { readonly path: string; readonly oid: string };

/** What decides whether a revision affects an application, and what its rendering needs on disk. */
export type Lineage = {
  readonly entries: readonly LineageEntry[];
  /** Files and folders (whole) to write below the root that is handed to `render`. Links are left out. */
  readonly materialise: readonly string[];
};

/**
 * Finds the paths that an application's manifests are made from: its path and, for Kustomize, transitively bases, components
 * and whatever else lies outside. Never fails on what the files say: what is broken is part of the lineage as well.
 */
export const lineageOf = async (
  tree: TreeReader,
  source: { readonly path: string; readonly renderer: Renderer },
): Promise<Lineage> => {
  const oid = await tree.oid(source.path);
  return {
    entries: [{ path: source.path, oid: oid ?? '' }],
    materialise: oid === undefined ? [] : [source.path],
  };
};
