import type { LogFilter, LogMessage } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import type { AppendOutcome, MessageLog, NewMessage } from '../message-log.js';
import type { RememberedPosition } from './remembered-position.js';

/** A log that stops being written when it turns out not to be the one that was seen before. */
export class GuardedLog implements MessageLog {
  #halted: EventStoreError | undefined;

  constructor(
    private readonly log: MessageLog,
    private readonly remembered: RememberedPosition,
  ) {}

  /** Why nothing is written any more. */
  get halted(): EventStoreError | undefined {
    return this.#halted;
  }

  halt(error: EventStoreError): void {
    this.#halted = error;
  }

  append(message: NewMessage): Promise<AppendOutcome> {
    return this.#halted ? Promise.reject(this.#halted) : this.log.append(message);
  }

  async last(subject: string): Promise<LogMessage | undefined> {
    const message = await this.log.last(subject);
    if (message && !this.#halted) this.remembered.remember(message);
    return message;
  }

  read(subject: string, after: number): Promise<readonly LogMessage[]> {
    return this.log.read(subject, after);
  }
  lastSequence(): Promise<number> {
    return this.log.lastSequence();
  }
  subjects(filter: string): Promise<readonly string[]> {
    return this.log.subjects(filter);
  }
  scan(filter: LogFilter): AsyncIterable<LogMessage> {
    return this.log.scan(filter);
  }
  follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogMessage> {
    return this.log.follow(filter, signal);
  }
}
