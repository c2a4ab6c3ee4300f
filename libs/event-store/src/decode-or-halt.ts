import { UnreadableEvent } from '@syncline/events';
import type { LogMessage, StoredEvent } from '@syncline/kernel';

import { decodeAt } from './decode-at.js';
import { EventStoreError } from './event-store-error.js';

/** Decodes a message; an event that this code does not know, or that is not its subject's, halts its subject, by name. */
export const decodeOrHalt = (message: LogMessage): readonly StoredEvent[] => {
  try {
    return decodeAt(message);
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
