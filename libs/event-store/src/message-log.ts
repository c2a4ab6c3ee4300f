import type { LogFilter, LogMessage } from '@syncline/kernel';

/**
 * `conflict`: the subject has moved, or the id is another's, so nothing was appended. `unknown`: nobody answered, and only a
 * reload tells whether it was.
 */
export type AppendOutcome =
  | { readonly status: 'appended'; readonly sequence: number }
  | { readonly status: 'conflict' }
  | { readonly status: 'unknown' };

/** One decision on its way into the log. */
export type NewMessage = {
  readonly subject: string;
  /** Sequence of the last message on the subject; 0 where there is none. */
  readonly expected: number;
  readonly bytes: Uint8Array;
  readonly id: string;
};

/** The raw log, in memory or on nats-server; both pass one contract suite. */
export interface MessageLog {
  append(message: NewMessage): Promise<AppendOutcome>;
  /** The messages of a subject after a sequence, in order. */
  read(subject: string, after: number): Promise<readonly LogMessage[]>;
  /** The last message of a subject. */
  last(subject: string): Promise<LogMessage | undefined>;
  /** The message of a sequence, of whatever subject; nothing where there is none. */
  message(sequence: number): Promise<LogMessage | undefined>;
  lastSequence(): Promise<number>;
  subjects(filter: string): Promise<readonly string[]>;
  scan(filter: LogFilter): AsyncIterable<LogMessage>;
  scanInBatches(filter: LogFilter): AsyncIterable<readonly LogMessage[]>;
  follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogMessage>;
}

/** A folded state kept beside the log; losing all of them changes nothing but time. */
export type Snapshot = { readonly sequence: number; readonly state: unknown };

export interface Snapshots {
  find(aggregate: string, version: number, subject: string): Promise<Snapshot | undefined>;
  keep(aggregate: string, version: number, subject: string, snapshot: Snapshot): Promise<void>;
}
