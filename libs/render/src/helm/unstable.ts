import { describeObject, isMapping, type PlacedObject } from '../objects/rendering.js';
import { RenderError } from '../render-error.js';

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

const differences = (first: readonly PlacedObject[], second: readonly PlacedObject[]): readonly string[] =>
  first.flatMap(({ object }, index) =>
    differingPaths(object, second[index]?.object).map((path) => `${describeObject(object)} ${path || '/'}`),
  );

/**
 * Refuses a chart that rendered to other bytes the second time: a plan of it would never be the plan that was approved. Names
 * what differs, and no value of it.
 */
export const refuseUnstable = (
  first: readonly PlacedObject[],
  second: readonly PlacedObject[],
): RenderError => {
  const found = differences(first, second);
  const [changed] = first.filter(
    ({ object }, index) => differingPaths(object, second[index]?.object).length > 0,
  );
  const more = found.length > listed ? ` and ${found.length - listed} more` : '';
  const what = found.length === 0 ? 'the text of its manifests' : found.slice(0, listed).join(', ') + more;
  return new RenderError(
    'render-unstable',
    `renders to something else each time: ${what}. Give by values what the chart makes up by chance or from the clock`,
    changed?.findPlace?.() ?? {},
  );
};
