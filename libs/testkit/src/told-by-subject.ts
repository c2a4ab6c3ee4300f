import { formatPosition, type StoredEvent } from '@syncline/kernel';

/** What a subject tells: its events by type and data. */
export type Told = Readonly<Record<string, readonly { readonly type: string; readonly data: unknown }[]>>;

const isInstant = (text: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text);

/** What an event makes up itself, by the word that it is told by: ids that follow from when things happened. */
const madeUp: Readonly<Record<string, string>> = {
  RolloutStarted: 'rollout',
  PlanDrafted: 'plan',
  ApplyStarted: 'attempt',
};

/**
 * Two runs of one history compared: events by subject, in type and data. Positions, the ids that are made of them, and
 * instants are told by where they come from (`ev.plan.eu.default.shop#2`), because they differ between runs.
 */
export const toldBySubject = (events: readonly StoredEvent[]): Told => {
  const bySubject = Map.groupBy(events, ({ subject }) => subject);
  const names = new Map<string, string>();
  for (const [subject, own] of bySubject) {
    own.forEach((event, index) => {
      const place = `${subject}#${index}`;
      names.set(formatPosition(event.position), place);
      const field = madeUp[event.type];
      const value = field && (event.data as Record<string, unknown>)[field];
      if (typeof value === 'string' && !names.has(value)) names.set(value, `${field} of ${place}`);
    });
  }
  const told = [...bySubject].map(([subject, own]) => {
    const entries = own.map(({ type, data }) => ({ type, data: renamed(data, names) }));
    return [subject, entries] as const;
  });
  return Object.fromEntries(told.toSorted(([a], [b]) => a.localeCompare(b)));
};

const renamed = (value: unknown, names: ReadonlyMap<string, string>): unknown => {
  if (typeof value === 'string') return names.get(value) ?? (isInstant(value) ? 'an instant' : value);
  if (Array.isArray(value)) return value.map((one) => renamed(one, names));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, renamed(one, names)] as const);
  const isMadeUp = 'digest' in value && names.has(String(value.digest));
  // A document that holds a position is as long as that is.
  return Object.fromEntries(isMadeUp ? entries.filter(([key]) => key !== 'size') : entries);
};
