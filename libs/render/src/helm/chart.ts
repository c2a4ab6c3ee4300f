import type { HelmSpec } from '@syncline/events';

import { isMapping, textOf } from '../objects/rendering.js';
import { RenderError } from '../render-error.js';
import { folderTree } from '../tree/folder-tree.js';
import { displayPath, joinPath, resolvePath } from '../tree/paths.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';
import { artifactName, artifactText, isChartName } from './chart-source.js';

/** A chart that is there: where it lies on disk and in a tree, what it calls itself, and how people are told of its files. */
export type Chart = {
  readonly tree: TreeReader;
  /** The folder on disk that the tree is of. */
  readonly root: string;
  /** Its folder in the tree. */
  readonly folder: string;
  /** What Helm's output and errors begin with. */
  readonly name: string;
  /** What stands for its folder in messages. */
  readonly shown: string;
  /** Its Chart.yaml. */
  readonly definition: YamlDocument;
};

/** Where charts come from: the files of a revision, and an artifact unpacked into a folder of its own. */
export type ChartHome = {
  readonly tree: TreeReader;
  readonly root: string;
  readonly unpacked?: string | undefined;
};

type Place = Pick<Chart, 'tree' | 'root' | 'folder' | 'shown'>;

const readDefinition = async ({
  tree,
  folder,
  shown,
}: Place): Promise<Pick<Chart, 'definition' | 'name'>> => {
  const entry = (await tree.list(folder)).find(({ name }) => isChartName(name));
  if (entry?.kind !== 'file')
    throw new RenderError('chart-invalid', `"${displayPath(shown)}" holds no Chart.yaml, so it is no chart`);
  const file = joinPath(shown, 'Chart.yaml');
  const [definition] = readDocuments(file, await tree.read(joinPath(folder, 'Chart.yaml')));
  const name = isMapping(definition?.value) ? textOf(definition.value, 'name') : '';
  if (definition === undefined || name === '')
    throw new RenderError('chart-invalid', 'the chart has no name', { file, line: 1 });
  return { definition, name };
};

/** A packed chart holds one folder, by its name. */
const artifactPlace = async (
  { artifact, resolved }: Extract<HelmSpec['chart'], { artifact: unknown }>,
  unpacked: string | undefined,
): Promise<Place> => {
  if (resolved === undefined || unpacked === undefined)
    throw new RenderError('chart-unresolved', `${artifactText(artifact)} has not been resolved yet`);
  const tree = folderTree(unpacked);
  const [folder] = await tree.list('');
  const shown = `${artifactName(artifact)}@${resolved.version}`;
  return { tree, root: unpacked, folder: folder?.name ?? '', shown };
};

/** Finds the chart that a target names. Throws {@link RenderError}. */
export const findChart = async (chart: HelmSpec['chart'], home: ChartHome): Promise<Chart> => {
  const { tree, root, unpacked } = home;
  const folder = 'path' in chart ? (resolvePath('', chart.path) ?? '') : '';
  const place =
    'path' in chart ? { tree, root, folder, shown: folder } : await artifactPlace(chart, unpacked);
  return { ...place, ...(await readDefinition(place)) };
};

/** The chart's own defaults, as far as they can be read: they may hold what no message may quote. */
export const defaultsOf = async ({ tree, folder }: Chart): Promise<readonly unknown[]> => {
  const file = joinPath(folder, 'values.yaml');
  try {
    return readDocuments(file, await tree.read(file)).map(({ value }) => value);
  } catch {
    return [];
  }
};
