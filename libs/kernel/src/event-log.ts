import type { StoredEvent } from './aggregate.js';
import type { Position } from './position.js';

/** What to follow of the log. */
export type LogFilter = {
  /** NATS subjects with wildcards; none means the whole log. */
  readonly subjects?: readonly string[];
  /** Only messages after this sequence. */
  readonly afterSequence?: number;
};

/** One message of the log: one decision, whole. */
export type LogMessage = {
  readonly sequence: number;
  readonly subject: string;
  readonly recordedAt: string;
  /** Server timestamp, nanoseconds since the epoch. */
  readonly recordedAtNs: bigint;
  /** The stored bytes: a JSON array of CloudEvents. */
  readonly bytes: Uint8Array;
};

/** A message that today's code cannot read: an unknown type, a newer version, or no event at all. */
export type Unreadable = { readonly message: LogMessage; readonly reason: string };

/** One decoded message. `unreadable` stands instead of events that this code does not know. */
export type LogEntry = {
  readonly message: LogMessage;
  readonly events: readonly StoredEvent[];
  readonly unreadable?: Unreadable;
};

/** Reading the log without deciding anything. */
export interface EventLog {
  /** The last sequence of the whole log (0 where it is empty). */
  lastSequence(): Promise<number>;
  /** The position of the last event ({@link beginning} where there is none): what comes after it is not there yet. */
  lastPosition(): Promise<Position>;
  /** The subjects that match the filter and hold at least one message. */
  subjects(filter: string): Promise<readonly string[]>;
  /** The messages of one subject after a sequence, in order, decoded. */
  read(subject: string, afterSequence?: number): Promise<readonly LogEntry[]>;
  /**
   * Every matching message in order from `afterSequence` on, then those to come, until the signal aborts. A connection that
   * breaks is resumed where it stood; nothing is left out and nothing comes twice.
   */
  follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogEntry>;
  /** Every matching message that is in the log now, in order; then it ends. */
  scan(filter: LogFilter): AsyncIterable<LogEntry>;
  /** The same, as many at once as have arrived: for reading a whole log, where a step for each would cost more than it. */
  scanInBatches(filter: LogFilter): AsyncIterable<readonly LogEntry[]>;
}
/** Injection token of {@link EventLog}. */
export const EventLog = Symbol('EventLog');
