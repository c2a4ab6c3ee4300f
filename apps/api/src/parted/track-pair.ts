import type { LoggedEvent } from '@syncline/read-models';

import { evolveSide, unknownSide, type Side } from './side.js';

export type Sides = { readonly a: Side; readonly b: Side };
type Rendered = { readonly a: string; readonly b: string };

/** How the two are to each other now, and since which event. */
export type Pair = Sides & {
  /** `unknown`: one of them has held nothing yet. `gone`: one was let go of. */
  readonly status: 'unknown' | 'equal' | 'parted' | 'gone';
  /** The event that made it so. */
  readonly since?: LoggedEvent & { readonly side: 'a' | 'b' };
  /** The last event after which they were equal, where they ever were; */
  readonly equalFrom?: LoggedEvent;
  /** The first event after it after which they were not. */
  readonly equalUntil?: LoggedEvent;
  /** What both had applied of the same source: what differs between these is their clusters' own. */
  readonly baseline?: Rendered;
};

/** Whether two renders differ in more than two others do. */
export type Differ = (now: Rendered, baseline: Rendered | undefined) => Promise<boolean>;

const rendered = ({ a, b }: Sides): Rendered | undefined =>
  a.applied && b.applied && { a: a.applied.manifests, b: b.applied.manifests };

const statusOf = async (
  sides: Sides,
  baseline: Rendered | undefined,
  differ: Differ,
): Promise<Pair['status']> => {
  const { a, b } = sides;
  const now = rendered(sides);
  if (!now) return a.isGone || b.isGone ? 'gone' : 'unknown';
  if (a.isGone || b.isGone) return 'gone';
  if (a.drift !== b.drift) return 'parted';
  if (a.source === b.source || a.applied?.render === b.applied?.render) return 'equal';
  return (await differ(now, baseline)) ? 'parted' : 'equal';
};

const compared = (one: Side): string => JSON.stringify([one.source, one.applied, one.drift, one.isGone]);

/**
 * Follows two targets through the events of both, in the order in which they happened. They are equal where the same source is
 * applied to both, or renders that differ in nothing but their clusters' own values, and nothing is drifted, or the same.
 */
export const trackPair = async (
  events: readonly (LoggedEvent & { readonly side: 'a' | 'b' })[],
  differ: Differ,
): Promise<Pair> => {
  let pair: Pair = { a: unknownSide, b: unknownSide, status: 'unknown' };
  for (const event of events) {
    const before = pair[event.side];
    const after = evolveSide(before, event);
    const sides = { a: pair.a, b: pair.b, [event.side]: after };
    if (compared(before) === compared(after)) {
      pair = { ...pair, ...sides };
      continue;
    }
    const status = await statusOf(sides, pair.baseline, differ);
    const now = rendered(sides);
    const isBaseline = now && status === 'equal' && sides.a.source === sides.b.source;
    pair = {
      ...pair,
      ...sides,
      status,
      ...(status !== pair.status && { since: event }),
      ...(status === 'equal' && pair.status !== 'equal' && { equalFrom: event }),
      ...(status !== 'equal' && pair.status === 'equal' && { equalUntil: event }),
      ...(isBaseline && { baseline: now }),
    };
  }
  return pair;
};
