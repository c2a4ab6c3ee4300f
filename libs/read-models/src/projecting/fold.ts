import type { LogEntry } from '@syncline/kernel';

import { projections } from '../projections/all.js';
import { unreadableTable, type UnreadableRow } from '../tables/bookkeeping.js';
import { canonicalInstant, isInstant, type Read, type Stored } from './projection.js';
import { RowSet, type TableChanges } from './row-set.js';

/** Entries told apart: events to project, and messages to set aside. */
export type Sorted = { readonly events: readonly Stored[]; readonly unreadable: readonly UnreadableRow[] };

const reasonAgainst = (entry: LogEntry): string | undefined => {
  if (entry.unreadable) return entry.unreadable.reason;
  const odd = entry.events.find((event) => !isInstant(event.occurredAt));
  return odd && `event ${entry.message.sequence}.${odd.position.index} happened at no instant`;
};

/** Sets messages aside that this version cannot read; the others are projected. */
export const sortEntries = (entries: readonly LogEntry[]): Sorted => {
  const events: Stored[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const entry of entries) {
    const reason = reasonAgainst(entry);
    const { sequence, subject, recordedAt } = entry.message;
    if (reason === undefined) for (const event of entry.events) events.push(event as Stored);
    else unreadable.push({ sequence, subject, reason, recordedAt: canonicalInstant(recordedAt) });
  }
  return { events, unreadable };
};

/** The rows that a batch needs to see, each once. */
export const readsOf = (events: readonly Stored[]): readonly Read[] =>
  events.flatMap((event) => projections.flatMap((projection) => projection.reads(event)));

/** Folds events into rows, every projection in its order. */
export const foldInto = (rows: RowSet, events: readonly Stored[]): void => {
  for (const event of events) for (const projection of projections) rows.project(projection, event);
};

/** Messages set aside, as rows. */
export const asideChanges = (unreadable: readonly UnreadableRow[]): TableChanges => ({
  table: unreadableTable,
  rows: unreadable,
  removed: [],
});
