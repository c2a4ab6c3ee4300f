import { redact, textsIn } from '../kustomize/redact.js';
import { RenderError, type Place } from '../render-error.js';
import { joinPath } from '../tree/paths.js';
import type { Chart } from './chart.js';
import { sourcePath } from './output.js';

/** What is known besides the message: the chart, values that may not be quoted, and folders of this machine. */
export type HelmFailure = {
  readonly said: string;
  readonly chart: Chart;
  readonly values: readonly unknown[];
  readonly folders: readonly string[];
};

const shortest = 4;
const longest = 500;
const advice = /\s*Use --debug flag to render out invalid YAML\s*/g;

const messageOf = ({ said, values, folders }: HelmFailure): string => {
  let text = said.replaceAll(/^(?:level=|WARNING:|Warning:)[^\n]*\n/gm, '').replace(/^Error:\s*/, '');
  const sensitive = values
    .flatMap(textsIn)
    .map((each) => each.trim())
    .filter((each) => each.length >= shortest)
    .sort((a, b) => b.length - a.length);
  text = redact(text.replaceAll(advice, ''), sensitive);
  for (const folder of folders) text = text.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, longest);
};

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The template that is named last is the innermost; a place with a line is better than one without. */
const templatePlace = ({ said, chart }: HelmFailure): Place | undefined => {
  const pattern = new RegExp(`(?<![\\w./-])(${escape(chart.name)}/[^\\s:"'()<>]+)(?::(\\d+))?`, 'g');
  const found = [...said.matchAll(pattern)];
  const best = found.findLast(([, , line]) => line !== undefined) ?? found.at(-1);
  if (best?.[1] === undefined) return undefined;
  return { file: sourcePath(chart, best[1]), line: Number(best[2] ?? 1) };
};

const dependencyFailure = ({ said, chart }: HelmFailure): RenderError | undefined => {
  const missing = /missing in charts\/ directory: (.*)/.exec(said)?.[1]?.split(/,\s*/) ?? [];
  const [first] = missing;
  if (first === undefined) return undefined;
  const { dependencies } = chart.definition.value as { readonly dependencies?: unknown };
  const index = Array.isArray(dependencies)
    ? dependencies.findIndex((each: unknown) => (each as { name?: unknown } | null)?.name === first.trim())
    : -1;
  const line = chart.definition.lineOf(index < 0 ? ['dependencies'] : ['dependencies', index]);
  return new RenderError(
    'dependency-missing',
    `${missing.join(', ')}: named as dependencies and not there. Nothing is fetched for a chart: run "helm dependency build" and commit charts/`,
    { file: joinPath(chart.shown, 'Chart.yaml'), line },
  );
};

/** Puts what Helm says into a refusal with file and line: of the template where it names one, else of the chart. */
export const explainHelm = (failure: HelmFailure): RenderError => {
  const dependency = dependencyFailure(failure);
  if (dependency !== undefined) return dependency;
  const fallback = { file: joinPath(failure.chart.shown, 'Chart.yaml'), line: 1 };
  const place = templatePlace(failure) ?? fallback;
  return new RenderError('helm-failed', `helm: ${messageOf(failure)}`, place);
};
