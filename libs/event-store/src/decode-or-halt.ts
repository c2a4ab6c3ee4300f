import { decodeMessage, UnreadableEvent } from '@syncline/events';
import type { LogMessage, StoredEvent } from '@syncline/kernel';

import { EventStoreError } from './event-store-error.js';

/** Decodes a message; an event that this code does not know halts its subject, by name. */
export const decodeOrHalt = (message: LogMessage): readonly StoredEvent[] => {
  try {
    return decodeMessage(message.bytes, message.sequence, message.recordedAt);
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    throw new EventStoreError(
      'log-unreadable',
      `${message.subject} is halted: ${error.message}`,
      message.subject,
      error,
    );
  }
};
