import type { HelmSpec } from '@syncline/events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Run } from '../isolated/run-isolated.js';
import type { PlacedObject } from '../objects/rendering.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { asksForTime, defaultsOf, findChart, type Chart } from './chart.js';
import { explainHelm } from './explain.js';
import { readOutput } from './output.js';
import { runHelm, type ClusterFacts, type HelmCall } from './run.js';
import { refuseUnstable } from './unstable.js';
import { readValues, valuesFiles, type ReadValues } from './values.js';

/** What rendering a chart needs besides the tree: where it lies on disk, the binary, and whom it is for. */
export type HelmOptions = {
  readonly root: string;
  /** A folder that holds the unpacked artifact, where the chart is one. */
  readonly unpacked?: string | undefined;
  readonly helm: string;
  readonly namespace: string;
  readonly facts?: ClusterFacts | undefined;
  readonly signal?: AbortSignal | undefined;
};

const renderTwice = async (call: HelmCall, chart: Chart): Promise<readonly [Run, Run]> => {
  if (!(await asksForTime(chart))) return Promise.all([runHelm(call), runHelm(call)]);
  const first = await runHelm(call);
  await delay(1_000 - (Date.now() % 1_000) + 1, undefined, call.signal && { signal: call.signal });
  return [first, await runHelm(call)];
};

type Reading = { readonly chart: Chart; readonly read: readonly ReadValues[]; readonly work: string };

const explain = async (said: string, { chart, read, work }: Reading, { root }: HelmOptions) =>
  explainHelm({
    said,
    chart,
    values: [...read.map(({ values }) => values), ...(await defaultsOf(chart))],
    folders: [await realpath(chart.root), chart.root, await realpath(root), root, work],
  });

const callFor = async (
  helm: HelmSpec,
  { chart, read, work }: Reading,
  options: HelmOptions,
): Promise<HelmCall> => ({
  ...options,
  home: join(work, 'home'),
  chart: join(chart.root, chart.folder),
  ...(chart.root !== options.root && { sees: [chart.root] }),
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
  const { root, unpacked } = options;
  const chart = await findChart(helm.chart, { tree, root, unpacked });
  const read = await readValues(tree, helm.values);
  const work = await mkdtemp(join(tmpdir(), 'syncline-helm-'));
  try {
    const reading = { chart, read, work };
    const [first, second] = await renderTwice(await callFor(helm, reading, options), chart);
    if (!first.ok) throw await explain(first.said, reading, options);
    if (!second.ok) throw await explain(second.said, reading, options);
    const objects = readOutput(first.output, chart);
    if (first.output !== second.output) throw refuseUnstable(objects, readOutput(second.output, chart));
    return objects;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
