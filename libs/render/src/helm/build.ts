import type { HelmSpec } from '@syncline/events';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Run } from '../isolated/run-isolated.js';
import { isMapping, textOf, type PlacedObject } from '../objects/rendering.js';
import { RenderError } from '../render-error.js';
import { displayPath, joinPath, resolvePath } from '../tree/paths.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { readDocuments, type YamlDocument } from '../yaml/documents.js';
import { explainHelm } from './explain.js';
import { readOutput, type Chart } from './output.js';
import { runHelm, type ClusterFacts, type HelmCall } from './run.js';
import { refuseUnstable } from './unstable.js';
import { readValues, valuesFiles, type ReadValues } from './values.js';

/** What rendering a chart needs besides the tree: where it lies on disk, the binary, and whom it is for. */
export type HelmOptions = {
  readonly root: string;
  readonly helm: string;
  readonly namespace: string;
  readonly facts?: ClusterFacts | undefined;
  readonly signal?: AbortSignal | undefined;
};

type Found = { readonly chart: Chart; readonly definition: YamlDocument };

const findChart = async (tree: TreeReader, written: string): Promise<Found> => {
  const folder = resolvePath('', written) ?? '';
  const file = joinPath(folder, 'Chart.yaml');
  const entry = (await tree.list(folder)).find(({ name }) => name === 'Chart.yaml');
  if (entry?.kind !== 'file')
    throw new RenderError('chart-invalid', `"${displayPath(folder)}" holds no Chart.yaml, so it is no chart`);
  const [definition] = readDocuments(file, await tree.read(file));
  const name = isMapping(definition?.value) ? textOf(definition.value, 'name') : '';
  if (definition === undefined || name === '')
    throw new RenderError('chart-invalid', 'the chart has no name', { file, line: 1 });
  return { chart: { folder, name }, definition };
};

/** The chart's own defaults, as far as they can be read: they may hold what no message may quote. */
const defaultsOf = async (tree: TreeReader, { folder }: Chart): Promise<readonly unknown[]> => {
  const file = joinPath(folder, 'values.yaml');
  try {
    return readDocuments(file, await tree.read(file)).map(({ value }) => value);
  } catch {
    return [];
  }
};

/** Whether a template asks for the time, which two renders within one second can agree on by chance. */
const asksForTime = async (folder: string): Promise<boolean> => {
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((each) => /\.(?:ya?ml|tpl|txt|json)$/.test(each))) {
    const text = await readFile(join(folder, name), 'utf8');
    if (/\{\{(?:(?!\}\}).)*\b(?:now|ago)\b/s.test(text)) return true;
  }
  return false;
};

const renderTwice = async (call: HelmCall): Promise<readonly [Run, Run]> => {
  if (!(await asksForTime(join(call.root, call.chart)))) return Promise.all([runHelm(call), runHelm(call)]);
  const first = await runHelm(call);
  await delay(1_000 - (Date.now() % 1_000) + 1, undefined, call.signal && { signal: call.signal });
  return [first, await runHelm(call)];
};

type Reading = Found & { readonly read: readonly ReadValues[]; readonly work: string };

const explain = async (
  tree: TreeReader,
  said: string,
  { chart, definition, read, work }: Reading,
  root: string,
) =>
  explainHelm({
    said,
    chart,
    definition,
    values: [...read.map(({ values }) => values), ...(await defaultsOf(tree, chart))],
    folders: [await realpath(root), root, work],
  });

const callFor = async (
  helm: HelmSpec,
  { chart, read, work }: Reading,
  options: HelmOptions,
): Promise<HelmCall> => ({
  ...options,
  home: join(work, 'home'),
  chart: chart.folder,
  releaseName: helm.releaseName,
  values: await valuesFiles(read, work),
});

/**
 * Renders a chart with `helm template`, twice: what differs then is refused, because a plan of it could never be kept to. Values are
 * read before anything runs, so that what is wrong with them has file and line. Throws {@link RenderError}.
 */
export const renderChart = async (
  tree: TreeReader,
  helm: HelmSpec,
  options: HelmOptions,
): Promise<readonly PlacedObject[]> => {
  const found = await findChart(tree, helm.chart.path);
  const read = await readValues(tree, helm.values);
  const work = await mkdtemp(join(tmpdir(), 'syncline-helm-'));
  try {
    const reading = { ...found, read, work };
    const [first, second] = await renderTwice(await callFor(helm, reading, options));
    if (!first.ok) throw await explain(tree, first.said, reading, options.root);
    if (!second.ok) throw await explain(tree, second.said, reading, options.root);
    const objects = readOutput(first.output, found.chart);
    if (first.output !== second.output) throw refuseUnstable(objects, readOutput(second.output, found.chart));
    return objects;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
