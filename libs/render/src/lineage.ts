import type { ArtifactSource, HelmSpec, Renderer } from '@syncline/events';

import { artifactText, isChartName } from './helm/chart-source.js';
import { isKustomizationName } from './kustomize/kustomization.js';
import { walkKustomization } from './kustomize/graph.js';
import { isWithin, resolvePath } from './tree/paths.js';
import type { TreeReader } from './tree/tree-reader.js';

/** A path that manifests are made from and its Git object id; `oid` is empty where the path does not exist. */
export type LineageEntry = { readonly path: string; readonly oid: string };

/** What makes manifests out of a folder. */
export type ChosenRenderer = Exclude<Renderer, 'detect'>;

/** What decides whether a revision affects an application, and what its rendering needs on disk. */
export type Lineage = {
  readonly renderer: ChosenRenderer;
  readonly entries: readonly LineageEntry[];
  /** Files and folders (whole) to write below the root that is handed to `render`. Links are left out. */
  readonly materialise: readonly string[];
};

/** Where an application's manifests come from. */
export type LineageSource = {
  readonly path: string;
  readonly renderer: Renderer;
  readonly helm?: HelmSpec | undefined;
  /** The artifact that the path is in, where it is not in the repository; the tree is the artifact's then. */
  readonly from?: ArtifactSource | undefined;
};

/** Which renderer a folder takes: the one that is named, else the one whose file it has (Kustomize's before Helm's). */
export const detectRenderer = async (
  tree: TreeReader,
  source: Pick<LineageSource, 'path' | 'renderer'>,
): Promise<ChosenRenderer> => {
  if (source.renderer !== 'detect') return source.renderer;
  const entries = await tree.list(resolvePath('', source.path) ?? '');
  if (entries.some(({ name }) => isKustomizationName(name))) return 'kustomize';
  return entries.some(({ name }) => isChartName(name)) ? 'helm' : 'plain';
};

/** Leaves out what lies in a folder that is in the list as well. */
const outermost = (paths: Iterable<string>): readonly string[] => {
  const kept: string[] = [];
  for (const path of [...paths].sort()) if (!kept.some((folder) => isWithin(folder, path))) kept.push(path);
  return kept;
};

/** What is read besides the path itself, or in its place. */
const readBy = async (
  tree: TreeReader,
  path: string,
  { renderer, helm }: Pick<LineageSource, 'helm'> & { readonly renderer: ChosenRenderer },
): Promise<readonly string[]> => {
  if (renderer === 'kustomize') return [path, ...(await walkKustomization(tree, path)).paths];
  if (renderer === 'plain' || helm === undefined) return [path];
  const chart = 'path' in helm.chart ? [resolvePath('', helm.chart.path) ?? path] : [];
  return [...chart, ...helm.values.map(({ file }) => file)];
};

/** What lies elsewhere: by its digest, so that another content is another lineage. */
const artifactEntry = ({ artifact, resolved }: ArtifactSource): LineageEntry => ({
  path: artifactText(artifact),
  oid: resolved?.digest ?? '',
});

/**
 * Finds the paths that an application's manifests are made from: its path and, for Kustomize, transitively bases, components
 * and whatever else lies outside; for Helm, the chart and what holds values for it. Never fails on what the files say: what is
 * broken is part of the lineage as well.
 */
export const lineageOf = async (tree: TreeReader, source: LineageSource): Promise<Lineage> => {
  const path = resolvePath('', source.path) ?? source.path;
  const renderer = await detectRenderer(tree, { path, renderer: source.renderer });
  if (source.from) return { renderer, entries: [artifactEntry(source.from)], materialise: [] };
  const paths = await readBy(tree, path, { renderer, helm: source.helm });
  const chart = source.helm?.chart;
  const entries = await Promise.all(
    outermost(paths).map(async (each) => ({ path: each, oid: (await tree.oid(each)) ?? '' })),
  );
  return {
    renderer,
    entries: [...entries, ...(chart && 'artifact' in chart ? [artifactEntry(chart)] : [])],
    materialise: entries.filter(({ oid }) => oid !== '').map((entry) => entry.path),
  };
};
