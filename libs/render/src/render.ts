import type { HelmSpec, Manifest, TargetSpec } from '@syncline/events';
import { digestOf } from '@syncline/kernel';

import { renderChart } from './helm/build.js';
import { chartAtPath } from './helm/chart-source.js';
import type { ClusterFacts } from './helm/run.js';
import { buildKustomization } from './kustomize/build.js';
import { patchObjects } from './kustomize/patch.js';
import { detectRenderer, type ChosenRenderer, type Lineage } from './lineage.js';
import { refuseDuplicates } from './objects/duplicates.js';
import { placeInNamespace } from './objects/namespaces.js';
import type { PlacedObject } from './objects/rendering.js';
import { secretReferences } from './objects/secrets.js';
import { substituteObjects } from './objects/substitute.js';
import { checkObject } from './objects/unfold.js';
import { readPlain } from './plain/read-plain.js';
import { RenderError } from './render-error.js';
import { folderTree } from './tree/folder-tree.js';
import { displayPath, folderOf, nameOf, resolvePath } from './tree/paths.js';
import { suggestPath } from './tree/suggest-path.js';
import type { TreeReader } from './tree/tree-reader.js';
import { limits } from './yaml/limits.js';

/** The part of a target's spec that decides what its manifests are. */
export type RenderSpec = Pick<
  TargetSpec,
  'path' | 'from' | 'renderer' | 'helm' | 'namespace' | 'substitute' | 'patches'
>;

/** Paths of the pinned programs that render. */
export type RenderTools = { readonly kustomize: string; readonly helm: string };

/** What only a chart is told: the application that it is rendered for, and its cluster where there is one. */
export type Release = { readonly application: string; readonly facts?: ClusterFacts };

/** What to render, and where it lies. */
export type RenderInput = {
  readonly spec: RenderSpec;
  /** A folder on disk that holds the paths of `Lineage.materialise` under their names, without links. */
  readonly root: string;
  /** A folder for what is written by the way, which whoever asks removes: no part of the files, so that no chart finds it. */
  readonly scratch?: string;
  /** A folder on disk that holds nothing but the unpacked artifact, where the target is made from one. */
  readonly unpacked?: string;
  /** The whole revision, where it is at hand: then a path that is not there can be suggested one that is. */
  readonly tree?: TreeReader;
  /** From {@link renderKeyOf}. */
  readonly renderKey: string;
  readonly tools: RenderTools;
  /** Whom a chart is rendered for. */
  readonly release: Release;
  readonly signal?: AbortSignal;
};

/** Manifests in the order of their sources, with references in place of values of Secrets. */
export type Rendered = {
  readonly objects: readonly Manifest[];
  /** Reference (64 hex digits) to base64 value: what is sealed to the applier. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Digest of `objects`. */
  readonly renderDigest: string;
};

/** Raised when the same input renders to other bytes than before. */
const rendererVersion = 'render/1';

/** The chart that a target is rendered from. */
const helmOf = ({ path, helm }: RenderSpec, { application }: Release): HelmSpec =>
  helm ?? chartAtPath(path, application);

/**
 * The identity of an input: equal keys render equal bytes. Changes with the renderer's version. What a chart is told of its release
 * is part of it; the other renderers are told nothing.
 */
export const renderKeyOf = (
  spec: RenderSpec,
  { renderer: chosen, entries }: Pick<Lineage, 'renderer' | 'entries'>,
  release: Release,
): string => {
  const { path, renderer, namespace, substitute, patches } = spec;
  const input = { path, renderer, namespace, substitute, patches };
  const told = { ...helmOf(spec, release), facts: release.facts };
  return digestOf([rendererVersion, input, entries, ...(chosen === 'helm' ? [told] : [])]);
};

const checkPath = async (tree: TreeReader, written: string): Promise<string> => {
  const path = resolvePath('', written);
  if (path === undefined) throw new RenderError('path-outside', `path "${written}" leaves the repository`);
  if (path === '') return path;
  const entry = (await tree.list(folderOf(path))).find(({ name }) => name === nameOf(path));
  if (entry === undefined) {
    const hint = await suggestPath(tree, path, path);
    throw new RenderError('path-missing', `path "${path}" does not exist.${hint}`);
  }
  if (entry.kind !== 'folder') throw new RenderError('path-missing', `path "${path}" is no folder`);
  return path;
};

const readBy = async (
  renderer: ChosenRenderer,
  tree: TreeReader,
  input: RenderInput,
): Promise<readonly PlacedObject[]> => {
  const { spec, root, tools, release, signal } = input;
  if (renderer === 'helm') {
    const helm = helmOf(spec, release);
    if ('path' in helm.chart) await checkPath(tree, helm.chart.path);
    const { namespace } = spec;
    const whom = { helm: tools.helm, namespace, facts: release.facts };
    return renderChart(tree, helm, { root, unpacked: input.unpacked, ...whom, signal });
  }
  const path = await checkPath(tree, spec.path);
  return renderer === 'plain'
    ? readPlain(tree, path)
    : buildKustomization(tree, path, { root, kustomize: tools.kustomize, ...(signal && { signal }) });
};

const readObjects = async (input: RenderInput): Promise<readonly PlacedObject[]> => {
  const tree = input.tree ?? folderTree(input.root);
  const path = displayPath(resolvePath('', input.spec.path) ?? input.spec.path);
  const objects = await readBy(await detectRenderer(tree, input.spec), tree, input);
  if (objects.length === 0) {
    // A folder that lost its manifests would otherwise delete everything that the application has.
    throw new RenderError('nothing-rendered', `path "${path}" holds no manifests`);
  }
  if (objects.length > limits.objects)
    throw new RenderError('object-limit', `path "${path}" holds more than ${limits.objects} objects`);
  return objects;
};

/** Makes a target's manifests. Throws {@link RenderError} with file and line. */
export const render = async (input: RenderInput): Promise<Rendered> => {
  const { namespace, patches, substitute } = input.spec;
  const { tools, signal } = input;
  const options = { kustomize: tools.kustomize, ...(signal && { signal }) };
  const read = await readObjects(input);
  refuseDuplicates(read, namespace);
  const changed = substituteObjects(await patchObjects(read, patches, options), substitute);
  changed.forEach(checkObject);
  const placed = placeInNamespace(changed, namespace);
  refuseDuplicates(placed, namespace);
  const { objects, secrets } = secretReferences(placed, input.renderKey);
  return { objects, secrets, renderDigest: digestOf(objects) };
};
