import { EventEmitter, once } from 'node:events';

import type { Clock, LogFilter, LogMessage } from '@syncline/kernel';

import type { AppendOutcome, MessageLog, NewMessage, Snapshot, Snapshots } from '../message-log.js';
import { matchesAny, matchesSubject } from '../subject-match.js';

/** The log in memory: what nats-server does for us, and nothing more. For tests and for properties over histories. */
export class MemoryMessageLog implements MessageLog {
  readonly #messages: LogMessage[] = [];
  readonly #lastOf = new Map<string, number>();
  readonly #recentIds = new Map<string, number>();
  readonly #appended = new EventEmitter().setMaxListeners(0);

  /** @param duplicateWindowMs how long an id is refused after it was used, as the stream's duplicate window. */
  constructor(
    private readonly clock: Clock,
    private readonly duplicateWindowMs = 120_000,
  ) {}

  append(message: NewMessage): Promise<AppendOutcome> {
    const now = this.clock.now().getTime();
    const used = this.#recentIds.get(message.id);
    const repeated = used !== undefined && now - used < this.duplicateWindowMs;
    if (repeated || (this.#lastOf.get(message.subject) ?? 0) !== message.expected) {
      return Promise.resolve({ status: 'conflict' });
    }
    const sequence = this.#messages.length + 1;
    const recordedAtNs = BigInt(now) * 1_000_000n;
    const stored = {
      sequence,
      subject: message.subject,
      recordedAt: new Date(now).toISOString(),
      recordedAtNs,
      bytes: message.bytes,
    };
    this.#messages.push(stored);
    this.#lastOf.set(message.subject, sequence);
    this.#recentIds.set(message.id, now);
    this.#appended.emit('message', stored);
    return Promise.resolve({ status: 'appended', sequence });
  }

  /** Holds other bytes at a sequence from now on, as a server whose files were changed. */
  damage(sequence: number, bytes: Uint8Array): void {
    const message = this.#messages[sequence - 1];
    if (message) this.#messages[sequence - 1] = { ...message, bytes };
  }

  read(subject: string, after: number): Promise<readonly LogMessage[]> {
    return Promise.resolve(this.#messages.slice(after).filter((message) => message.subject === subject));
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return Promise.resolve(this.#messages[(this.#lastOf.get(subject) ?? 0) - 1]);
  }

  message(sequence: number): Promise<LogMessage | undefined> {
    return Promise.resolve(this.#messages[sequence - 1]);
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.#messages.length);
  }

  subjects(filter: string): Promise<readonly string[]> {
    return Promise.resolve([...this.#lastOf.keys()].filter((subject) => matchesSubject(filter, subject)));
  }

  async *scan(filter: LogFilter): AsyncIterable<LogMessage> {
    for await (const messages of this.scanInBatches(filter)) yield* messages;
  }

  async *scanInBatches(filter: LogFilter): AsyncIterable<readonly LogMessage[]> {
    await Promise.resolve();
    yield this.#messages
      .slice(startOf(filter))
      .filter((message) => matchesAny(filter.subjects, message.subject));
  }

  async *follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogMessage> {
    const isOver = (): boolean => signal.aborted;
    for (let next = startOf(filter); !isOver();) {
      const message = this.#messages[next];
      if (!message) {
        await once(this.#appended, 'message', { signal }).catch(() => undefined);
        continue;
      }
      next += 1;
      if (matchesAny(filter.subjects, message.subject)) yield message;
    }
  }
}

const startOf = (filter: LogFilter): number => filter.afterSequence ?? 0;

/** Snapshots in memory, as JSON, so that a state that JSON cannot carry is found out. */
export class MemorySnapshots implements Snapshots {
  readonly #kept = new Map<string, string>();

  clear(): void {
    this.#kept.clear();
  }

  find(aggregate: string, version: number, subject: string): Promise<Snapshot | undefined> {
    const text = this.#kept.get(`${aggregate}.${version}|${subject}`);
    return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as Snapshot));
  }

  keep(aggregate: string, version: number, subject: string, snapshot: Snapshot): Promise<void> {
    this.#kept.set(`${aggregate}.${version}|${subject}`, JSON.stringify(snapshot));
    return Promise.resolve();
  }
}
