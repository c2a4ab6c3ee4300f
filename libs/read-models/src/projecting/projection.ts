import { parseTargetSubject, type TargetName } from '@syncline/events';
import type {
  AccessEvent,
  ApplicationEvent,
  ConfigurationEvent,
  FleetEvent,
  LinkEvent,
  PlanEvent,
  RepositoryEvent,
  ServiceEvent,
  TargetEvent,
} from '@syncline/events';
import type { StoredEvent } from '@syncline/kernel';

import type { AnyTable, Table } from '../tables/table.js';

/** Every event of the log, told apart by its type. */
export type LogEvent =
  | RepositoryEvent
  | ConfigurationEvent
  | ApplicationEvent
  | PlanEvent
  | FleetEvent
  | LinkEvent
  | TargetEvent
  | ServiceEvent
  | AccessEvent;

export type Stored = StoredEvent<LogEvent>;

/** A row that an event needs to see before it can be projected, by its key. */
export type Read = { readonly table: AnyTable; readonly key: object };

/** Gives a row as the events so far made it. */
export type Find = <Row extends object>(table: Table<Row>, key: Partial<Row>) => Row | undefined;

/** One row written whole, or removed by its key. */
export type Change =
  { readonly table: AnyTable; readonly row: object } | { readonly table: AnyTable; readonly removed: object };

/**
 * One part of the views. `project` is pure: the same events over the same rows give the same changes, with no clock,
 * no serial and no randomness, so any split of a batch gives equal rows. Raise `version` where that stops being so
 * or the rows change their meaning: the views are then rebuilt at the next start.
 */
export type Projection = {
  readonly name: string;
  readonly version: number;
  readonly tables: readonly AnyTable[];
  readonly reads: (event: Stored) => readonly Read[];
  readonly project: (event: Stored, find: Find) => readonly Change[];
};

/** Writes a row whole. */
export const put = <Row extends object>(table: Table<Row>, row: Row): Change => ({
  table: table,
  row,
});

/** Removes a row. */
export const remove = <Row extends object>(table: Table<Row>, key: Partial<Row>): Change => ({
  table: table,
  removed: key,
});

/** Names a row to be read. */
export const read = <Row extends object>(table: Table<Row>, key: Partial<Row>): Read => ({
  table: table,
  key,
});

/** What `toISOString` gives, for days that every month has: those need no look at the calendar. */
const canonical =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** An RFC 3339 instant in the one form that rows keep: UTC, milliseconds. */
export const canonicalInstant = (text: string): string =>
  canonical.test(text) ? text : new Date(text).toISOString();

/** Whether a text is an instant that a row can keep: of the years 1 to 9999, as Postgres has no year 0. */
export const isInstant = (text: string): boolean => {
  if (canonical.test(text)) return true;
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
};

/** The two instants that every row keeps: when its last event happened, and when it was recorded. */
export type Instants = { readonly occurredAt: string; readonly recordedAt: string };

/** Every projection asks for those of an event, one after the other. */
let latest: { readonly event: Stored; readonly instants: Instants } | undefined;

/** The instants of an event, in the form that rows keep. */
export const instantsOf = (event: Stored): Instants => {
  if (latest?.event !== event) {
    const instants = {
      occurredAt: canonicalInstant(event.occurredAt),
      recordedAt: canonicalInstant(event.recordedAt),
    };
    latest = { event, instants };
  }
  return latest.instants;
};

let parsed: { readonly subject: string; readonly target: TargetName | undefined } | undefined;

/** The target that an event is about; undefined where it is about something else. Asked as often as `instantsOf`. */
export const targetOf = ({ subject }: Stored): TargetName | undefined => {
  if (parsed?.subject !== subject) parsed = { subject, target: parseTargetSubject(subject) };
  return parsed.target;
};
