import { decodeMessage, misplaced, UnreadableEvent } from '@syncline/events';
import { formatPosition, type LogMessage, type StoredEvent } from '@syncline/kernel';

/** Decodes a message where it stands in the log. Throws UnreadableEvent also on what its subject may not hold. */
export const decodeAt = ({ bytes, sequence, recordedAt, subject }: LogMessage): readonly StoredEvent[] => {
  const events = decodeMessage(bytes, sequence, recordedAt);
  for (const event of events) {
    const why = misplaced(subject, event);
    if (why === undefined) continue;
    throw new UnreadableEvent(
      `event ${formatPosition(event.position)} does not belong to ${subject}: ${why}`,
    );
  }
  return events;
};
