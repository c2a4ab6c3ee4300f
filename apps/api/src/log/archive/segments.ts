import { subjects, type CheckpointEvent } from '@syncline/events';
import type { EventLog, StoredEvent } from '@syncline/kernel';

import type { SignedCheckpoint } from '../checkpoints/checkpoints.js';

/** So many messages make a segment, where checkpoints are near enough to each other. */
export const mostInSegment = 20_000;

/**
 * The checkpoint up to which the segment goes that begins behind so many messages: the last one within `most` messages, or
 * the next one where there is none; nothing where none was signed since.
 */
export const endOfSegment = async (
  log: EventLog,
  after: number,
  most = mostInSegment,
): Promise<SignedCheckpoint | undefined> => {
  let end: SignedCheckpoint | undefined;
  for await (const { events } of log.scan({ subjects: [subjects.log()], afterSequence: after })) {
    for (const event of events as readonly StoredEvent<CheckpointEvent>[]) {
      if (event.type !== 'CheckpointSigned' || event.data.size <= after) continue;
      if (end && event.data.size > after + most) return end;
      end = event.data;
    }
  }
  return end;
};
