import type { LogFilter, LogMessage } from '@syncline/kernel';

import type { EventStoreError } from '../event-store-error.js';
import type { AppendOutcome, MessageLog, NewMessage } from '../message-log.js';

/** A log that is neither written nor believed once the hub has said that it is not the one that was seen. */
export class StoppableLog implements MessageLog {
  #halted: EventStoreError | undefined;

  constructor(
    private readonly log: MessageLog,
    private readonly onHalt: (failure: EventStoreError) => void,
  ) {}

  /** Why nothing is written any more. */
  get halted(): EventStoreError | undefined {
    return this.#halted;
  }

  /** Nothing is written from now on; the first reason stays. */
  stopFor(failure: EventStoreError): void {
    if (this.#halted) return;
    this.#halted = failure;
    this.onHalt(failure);
  }

  #sound(): MessageLog {
    if (this.#halted) throw this.#halted;
    return this.log;
  }

  async append(message: NewMessage): Promise<AppendOutcome> {
    return this.#sound().append(message);
  }
  async last(subject: string): Promise<LogMessage | undefined> {
    return this.#sound().last(subject);
  }
  async read(subject: string, after: number): Promise<readonly LogMessage[]> {
    return this.#sound().read(subject, after);
  }
  message(sequence: number): Promise<LogMessage | undefined> {
    return this.log.message(sequence);
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
  scanInBatches(filter: LogFilter): AsyncIterable<readonly LogMessage[]> {
    return this.log.scanInBatches(filter);
  }
  follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogMessage> {
    return this.log.follow(filter, signal);
  }
}
