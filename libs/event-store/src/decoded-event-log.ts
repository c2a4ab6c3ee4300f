import { UnreadableEvent } from '@syncline/events';
import {
  beginning,
  type EventLog,
  type LogEntry,
  type LogFilter,
  type LogMessage,
  type Position,
} from '@syncline/kernel';

import { decodeAt } from './decode-at.js';
import type { MessageLog } from './message-log.js';

/** A message with its events; one that cannot be read is said to be so. */
export const decodeEntry = (message: LogMessage): LogEntry => {
  try {
    return { message, events: decodeAt(message) };
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    return { message, events: [], unreadable: { message, reason: error.message } };
  }
};

/** The position of a message's last event; of the message where it cannot be read. */
export const lastPositionOf = ({ message, events }: LogEntry): Position =>
  events.at(-1)?.position ?? { ...beginning, sequence: message.sequence };

/** The log with its events decoded; what this code cannot read is handed on as such, never skipped. */
export class DecodedEventLog implements EventLog {
  constructor(private readonly log: MessageLog) {}

  lastSequence(): Promise<number> {
    return this.log.lastSequence();
  }

  async lastPosition(): Promise<Position> {
    const sequence = await this.log.lastSequence();
    const message = sequence > 0 ? await this.log.message(sequence) : undefined;
    return message ? lastPositionOf(decodeEntry(message)) : { ...beginning, sequence };
  }

  subjects(filter: string): Promise<readonly string[]> {
    return this.log.subjects(filter);
  }

  async read(subject: string, afterSequence = 0): Promise<readonly LogEntry[]> {
    return (await this.log.read(subject, afterSequence)).map(decodeEntry);
  }

  async *follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogEntry> {
    for await (const message of this.log.follow(filter, signal)) yield decodeEntry(message);
  }

  async *scan(filter: LogFilter): AsyncIterable<LogEntry> {
    for await (const message of this.log.scan(filter)) yield decodeEntry(message);
  }

  async *scanInBatches(filter: LogFilter): AsyncIterable<readonly LogEntry[]> {
    for await (const messages of this.log.scanInBatches(filter)) yield messages.map(decodeEntry);
  }
}
