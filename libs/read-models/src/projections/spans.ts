import { instantsOf, put, remove, type Change, type Stored } from '../projecting/projection.js';
import type { Span, Table } from '../tables/table.js';

/** What began a span, and from when it holds. */
type Beginning = {
  readonly sequence: number;
  readonly index: number;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly from: string;
};

/**
 * Spans are by when things happened, which an applier that was cut off says later: each follows the one before it of its
 * writer. A clock that was set back makes none that begins before the one that it follows.
 */
export const beginning = (event: Stored, after?: { readonly from: string }): Beginning => {
  const { occurredAt, recordedAt } = instantsOf(event);
  const from = after && after.from > occurredAt ? after.from : occurredAt;
  return { ...event.position, occurredAt, recordedAt, from };
};

/** The row of a span that lasts. */
export const opened = <Row extends { readonly during: Span }>(
  table: Table<Row>,
  key: Partial<Row>,
  { from, ...open }: Beginning,
): Change => put(table, { ...key, ...open, during: { from, until: null } } as unknown as Row);

/** The same, ended by an event. What did not last was not so at any instant, and is not kept. */
export const closed = <Row extends { readonly during: Span }>(
  table: Table<Row>,
  key: Partial<Row>,
  { from, ...open }: Beginning,
  event: Stored,
): Change => {
  const until = instantsOf(event).occurredAt;
  if (until > from) return put(table, { ...key, ...open, during: { from, until } } as unknown as Row);
  const { sequence, index } = open;
  return remove(table, { ...key, sequence, index });
};
