import type { HelmSpec } from '@syncline/events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Run } from '../isolated/run-isolated.js';
import type { PlacedObject } from '../objects/rendering.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { defaultsOf, findChart } from './chart.js';
import { explainHelm } from './explain.js';
import { asWritten, laterCall, type PlacedCall, type Reading } from './later.js';
import { readOutput } from './output.js';
import { runHelm, type ClusterFacts, type HelmCall } from './run.js';
import { refuseLater, refuseUnstable } from './unstable.js';
import { readValues, valuesFiles } from './values.js';

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

/** After so long every time in whole seconds is another one, cut off or rounded. */
const aSecondMs = 1_001;

type Second = { readonly run: Run; readonly calls: readonly PlacedCall[] };

const renderLater = async (call: HelmCall, first: Promise<Run>, reading: Reading): Promise<Second> => {
  const later = await laterCall(call, reading);
  if (later.hasToWait) {
    await first;
    await delay(aSecondMs, undefined, call.signal && { signal: call.signal });
  }
  return { run: await runHelm(later.call), calls: later.calls };
};

/** Ends when both have ended, failed or not: what is removed afterwards is not to be written to any more. */
const bothOf = async <One, Other>(
  one: Promise<One>,
  other: Promise<Other>,
): Promise<readonly [One, Other]> => {
  await Promise.allSettled([one, other]);
  return [await one, await other];
};

/**
 * Renders a chart with `helm template`, and again as at another time: where that comes to other objects it is refused, because a
 * plan of it could never be kept to. Values are read before anything runs, so that what is wrong with them has file and line. Throws
 * {@link RenderError}.
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
    const call = await callFor(helm, reading, options);
    const running = runHelm(call);
    const [first, second] = await bothOf(running, renderLater(call, running, reading));
    if (!first.ok) throw await explain(first.said, reading, options);
    const { run, calls } = second;
    if (!run.ok) throw refuseLater(await explain(run.said, reading, options));
    const objects = readOutput(first.output, chart);
    if (first.output !== run.output) refuseUnstable(objects, readOutput(asWritten(run.output), chart), calls);
    return objects;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
