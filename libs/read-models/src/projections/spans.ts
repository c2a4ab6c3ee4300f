import { instantsOf, type Stored } from '../projecting/projection.js';
import type { Span } from '../tables/table.js';

/** A span that is still open, from the instant at which the log recorded its first event. */
export const spanFrom = (recordedAt: string): Span => ({ from: recordedAt, until: null });

/**
 * The same span, ended by an event. Two events of one message are recorded at one instant: the span between them is
 * empty. A server's clock that was set back never makes a span that ends before it begins.
 */
export const spanUntil = (from: string, event: Stored): Span => {
  const until = instantsOf(event).recordedAt;
  return { from, until: until < from ? from : until };
};
