import { foreignWrite, subjects, type ForeignWrite, type TargetName } from '@syncline/events';
import { beginning, type Position } from '@syncline/kernel';
import type { Views } from '@syncline/read-models';
import { z } from 'zod';

const mostEvents = 1_000;
const attributed = z.looseObject({ firstSeen: z.string(), writes: z.array(foreignWrite) });

type Drift = TargetName & { readonly firstSeen: string; readonly sequence?: number };

const keyOf = (subject: string, firstSeen: string): string => `${subject} ${Date.parse(firstSeen)}`;

/** The first of the drifts: nothing is attributed to any of them before. */
const startOf = (drifts: readonly Drift[]): Position => {
  const sequences = drifts.map(({ sequence = 0 }) => sequence);
  return sequences.length === 0 ? beginning : { sequence: Math.min(...sequences), index: 0 };
};

/** Who made drifts, as the audit logs of their API servers told by an instant; nobody where they are no source. */
export const writesOf = async (
  views: Views,
  drifts: readonly Drift[],
  at?: string,
): Promise<(drift: Drift) => readonly ForeignWrite[]> => {
  const found = new Map<string, ForeignWrite[]>();
  const [first, ...others] = new Set(drifts.map(subjectOf));
  const subject = first !== undefined && others.length === 0 ? first : 'ev.cluster.>';
  const asked = { after: startOf(drifts), limit: mostEvents, types: ['DriftAttributed'], subject };
  const events = drifts.length === 0 ? [] : await views.events(asked);
  for (const event of events) {
    const read = attributed.safeParse(event.data);
    if (!read.success || (at !== undefined && Date.parse(event.time) > Date.parse(at))) continue;
    const key = keyOf(event.subject, read.data.firstSeen);
    found.set(key, [...(found.get(key) ?? []), ...read.data.writes]);
  }
  return (drift) => found.get(keyOf(subjectOf(drift), drift.firstSeen)) ?? [];
};

const subjectOf = ({ cluster, project, application }: Drift): string =>
  subjects.target(cluster, project, application);
