import { describeObject, isMapping, type PlacedObject } from '../objects/rendering.js';
import { RenderError } from '../render-error.js';
import type { PlacedCall } from './later.js';

const listed = 5;

/** The paths (JSON pointers) in which two values differ, without what they hold. */
const differingPaths = (a: unknown, b: unknown, at = ''): readonly string[] => {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const isComparable = (isMapping(a) && isMapping(b)) || (Array.isArray(a) && Array.isArray(b));
  if (!isComparable) return [at];
  const [left, right] = [a, b] as unknown as readonly Record<string, unknown>[];
  const keys = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
  return [...keys].flatMap((key) => differingPaths(left?.[key], right?.[key], `${at}/${key}`));
};

type Difference = { readonly placed: PlacedObject; readonly paths: readonly string[] };

const differences = (
  first: readonly PlacedObject[],
  second: readonly PlacedObject[],
): readonly Difference[] =>
  (first.length < second.length ? second : first)
    .map((placed, index) => ({
      placed,
      paths: differingPaths(first[index]?.object, second[index]?.object),
    }))
    .filter(({ paths }) => paths.length > 0);

const someOf = (list: readonly string[]): string =>
  list.slice(0, listed).join(', ') + (list.length > listed ? ` and ${list.length - listed} more` : '');

/** The calls in the templates of what differs; all of the chart's where there are none, because one template includes another. */
const callsBehind = (found: readonly Difference[], calls: readonly PlacedCall[]): readonly PlacedCall[] => {
  const files = new Set(found.map(({ placed }) => placed.findPlace?.().file));
  const own = calls.filter(({ file }) => files.has(file));
  return own.length > 0 ? own : calls;
};

/**
 * Refuses a chart that rendered to other objects the second time: a plan of it would never be the plan that was approved. Names
 * what differs, and no value of it, and the calls that may be why. What differs only in comments is the same.
 */
export const refuseUnstable = (
  first: readonly PlacedObject[],
  second: readonly PlacedObject[],
  calls: readonly PlacedCall[],
): void => {
  const found = differences(first, second);
  const [changed] = found;
  if (changed === undefined) return;
  const what = found.flatMap(({ placed, paths }) =>
    paths.map((path) => `${describeObject(placed.object)} ${path || '/'}`),
  );
  const behind = callsBehind(found, calls);
  const why = [...new Set(behind.map(({ name, file, line }) => `${name} (${file}:${line})`))];
  throw new RenderError(
    'render-unstable',
    `renders to something else another time: ${someOf(what)}${why.length > 0 ? `, by ${someOf(why)}` : ''}. Give by values what the chart makes up by chance or from the clock`,
    behind[0] ?? changed.placed.findPlace?.() ?? {},
  );
};

/** Refuses a chart that rendered and would not another time. */
export const refuseLater = ({ message, file, line }: RenderError): RenderError =>
  new RenderError('render-unstable', `renders now, and fails another time: ${message}`, {
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
  });
