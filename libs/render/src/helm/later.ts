import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Place } from '../render-error.js';
import { folderOf, joinPath } from '../tree/paths.js';
import { callsIn, lineAt, type Call } from './calls.js';
import type { Chart } from './chart.js';
import { PackedCharts } from './packed-charts.js';
import type { HelmCall } from './run.js';
import type { ReadValues } from './values.js';

/** Another year, month, day, day of the week, half of the day, hour, minute and second than now. */
const later = '(now|dateModify `9876h5m4s`)';

/** A file that calls more often is told by its first calls. */
const namedPerFile = 10;

/** A call that may be why a chart does not render to the same again. */
export type PlacedCall = Place & { readonly name: string };

/** What is rendered: the chart, the values that were read for it, and a folder for what is written by the way. */
export type Reading = {
  readonly chart: Chart;
  readonly read: readonly ReadValues[];
  readonly work: string;
};

/** A second call of Helm, at another time. */
export type LaterCall = {
  readonly call: HelmCall;
  /** Whether something is told the time that could not be made another one: then some time has to pass. */
  readonly hasToWait: boolean;
  readonly calls: readonly PlacedCall[];
};

const executed = /(?:^|\/)(?:templates\/|values\.yaml$)/;
const mayBeExecuted = /\.(?:ya?ml|tpl|txt|json)$/;
const packed = /(?:^|\/)charts\/[^/]+\.tgz$/;

const laterText = (text: string, calls: readonly Call[]): string => {
  const asked = calls.filter(({ name }) => name === 'now').map(({ at }) => at);
  const starts = [0, ...asked.map((at) => at + 'now'.length)];
  return starts.map((from, index) => text.slice(from, asked[index])).join(later);
};

/** What Helm printed, with texts that it did not execute as they are written. */
export const asWritten = (output: string): string => output.replaceAll(later, 'now');

/** Reads a chart's files and values for the time that they ask for, and makes others of them that are told another one. */
class Search {
  hasToWait = false;
  readonly calls: PlacedCall[] = [];
  readonly #packed = new PackedCharts();

  constructor(readonly chart: Chart) {}

  /** Other content for a file of the chart; undefined where it asks nothing. */
  async ofFile(path: string, bytes: Buffer): Promise<Buffer | undefined> {
    if (packed.test(path))
      return this.#packed.change(bytes, (name, content) =>
        this.ofFile(joinPath(folderOf(path), name), content),
      );
    const isExecuted = executed.test(path);
    if (!isExecuted && !mayBeExecuted.test(path)) return undefined;
    return this.ofText(bytes.toString('utf8'), joinPath(this.chart.shown, path), { isExecuted });
  }

  ofText(
    text: string,
    file: string,
    { isExecuted = true, line }: { readonly isExecuted?: boolean; readonly line?: number | undefined },
  ): Buffer | undefined {
    const calls = callsIn(text);
    this.hasToWait ||= calls.some(
      ({ name }) => name === 'ago' || name === 'durationRound' || (name === 'now' && !isExecuted),
    );
    this.calls.push(
      ...calls.slice(0, namedPerFile).map(({ name, at }) => ({ name, file, line: line ?? lineAt(text, at) })),
    );
    return isExecuted && calls.some(({ name }) => name === 'now')
      ? Buffer.from(laterText(text, calls))
      : undefined;
  }
}

const laterChart = async (search: Search, folder: string, to: string): Promise<string> => {
  const changed: (readonly [string, Buffer])[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    const other = await search.ofFile(path, await readFile(join(folder, path)));
    if (other) changed.push([path, other]);
  }
  if (changed.length === 0) return folder;
  await cp(folder, to, { recursive: true });
  for (const [path, bytes] of changed) await writeFile(join(to, path), bytes);
  return to;
};

/** The same call of Helm with another time: the chart and the values are copied where something in them asks for it. */
export const laterCall = async (call: HelmCall, { chart, read, work }: Reading): Promise<LaterCall> => {
  const search = new Search(chart);
  const folder = await laterChart(search, resolve(call.root, call.chart), join(work, 'later'));
  const values = await Promise.all(
    call.values.map(async (path, index) => {
      const { layer, line } = read[index] ?? {};
      const text = await readFile(resolve(call.root, path), 'utf8');
      const other = search.ofText(text, layer?.file ?? path, { line });
      if (!other) return path;
      const to = join(work, `later-${index}.yaml`);
      await writeFile(to, other, { mode: 0o600 });
      return to;
    }),
  );
  return { call: { ...call, chart: folder, values }, hasToWait: search.hasToWait, calls: search.calls };
};
