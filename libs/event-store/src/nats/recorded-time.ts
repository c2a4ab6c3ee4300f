/**
 * When a message was recorded first, in nanoseconds since the epoch: a restored log carries it beside the message, whose
 * own time is that of the restore.
 */
export const recordedHeader = 'Syncline-Recorded-Ns';

/**
 * Up to where the log was restored: there alone the header counts. Whoever may write a subject can send any header with a
 * message, and must not choose when it was recorded; how far a restore went is said by the stream, which nobody but the
 * bootstrap credential can change.
 */
export type RestoredPart = { upTo: number };

/** For who only restores, or sees nothing but what is its own: an applier that lies about the time lies to itself. */
export const allRestored: RestoredPart = { upTo: Number.POSITIVE_INFINITY };

/** The header's time where it counts; nothing where the server's own is meant. */
export const restoredNs = (
  sequence: number,
  headers: { readonly get: (name: string) => string } | undefined,
  { upTo }: RestoredPart,
): string | undefined => {
  if (sequence > upTo) return undefined;
  const text = headers?.get(recordedHeader) ?? '';
  return /^\d{1,20}$/.test(text) ? text : undefined;
};
