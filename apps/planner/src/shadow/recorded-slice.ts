import { decodeEntry, type RecordedMessages } from '@syncline/event-store';
import type { LogMessage, Position, StoredEvent } from '@syncline/kernel';

/** A log from its beginning on, as it was recorded, with the blobs that it names. */
export interface RecordedSlice extends RecordedMessages {
  /** How many messages there are: those of the sequences 1 to this. */
  readonly size: number;
  message(sequence: number): Promise<LogMessage | undefined>;
  /** The sequences of a subject's messages after one and up to another. */
  between(subject: string, after: number, upTo: number): readonly number[];
  blob(digest: string): Promise<Uint8Array | undefined>;
}

/** Something in a slice that this code cannot read: the planner would halt there. */
export class UnreadableSlice extends Error {
  override readonly name = 'UnreadableSlice';
}

/** The events of a message. Throws UnreadableSlice where this code does not know one. */
export const eventsOf = (message: LogMessage): readonly StoredEvent[] => {
  const { events, unreadable } = decodeEntry(message);
  if (unreadable) throw new UnreadableSlice(`message ${message.sequence}: ${unreadable.reason}`);
  return events;
};

/** The event at a position; undefined where there is none. */
export const eventAt = async (
  slice: RecordedSlice,
  { sequence, index }: Position,
): Promise<StoredEvent | undefined> => {
  const message = await slice.message(sequence);
  return message && eventsOf(message)[index];
};
