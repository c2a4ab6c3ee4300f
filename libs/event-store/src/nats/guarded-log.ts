import { setTimeout as delay } from 'node:timers/promises';

import type { LogFilter, LogMessage } from '@syncline/kernel';

import type { EventStoreError } from '../event-store-error.js';
import type { AppendOutcome, MessageLog, NewMessage } from '../message-log.js';
import { classify } from './classify.js';
import type { LogSpace } from './log-space.js';
import type { RememberedPosition } from './remembered-position.js';

const retryMs = 500;
/** What verification can find that no waiting mends. */
const final = new Set(['log-wrong-server', 'log-wrong-configuration', 'log-lost-positions', 'log-forbidden']);

/** A log that stops being written when it turns out not to be the one that was seen before. */
export class GuardedLog implements MessageLog {
  #halted: EventStoreError | undefined;
  #verified: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: MessageLog,
    private readonly remembered: RememberedPosition,
    private readonly space: LogSpace,
    /** Told once; whether it is to be said to the other services. */
    private readonly onHalt: (failure: EventStoreError, isOurs: boolean) => void = () => undefined,
  ) {}

  /** Why nothing is written any more. */
  get halted(): EventStoreError | undefined {
    return this.#halted;
  }

  /** Nothing is written from now on; the first reason stays. */
  halt(failure: EventStoreError): void {
    if (this.#halted) return;
    this.#halted = failure;
    this.onHalt(failure, true);
  }

  /** Another service has seen it: it tells the others itself. */
  stopFor(failure: EventStoreError): void {
    if (this.#halted) return;
    this.#halted = failure;
    this.onHalt(failure, false);
  }

  /** After a reconnect: nothing is appended before `verify` has said that it is the same log. */
  verifyAgain(verify: () => Promise<void>): void {
    this.#verified = this.#verified.then(() => this.#verifyUntilSure(verify));
  }

  async #verifyUntilSure(verify: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await verify();
        return;
      } catch (error) {
        const failure = classify(error, 'verify the log');
        if (final.has(failure.code)) {
          this.halt(failure);
          return;
        }
        await delay(retryMs, undefined, { ref: false });
      }
    }
  }

  async append(message: NewMessage): Promise<AppendOutcome> {
    await this.#verified;
    if (this.#halted) throw this.#halted;
    this.space.check(message.subject);
    const outcome = await this.log.append(message);
    if (outcome.status === 'appended') this.remembered.rememberWritten(outcome.sequence);
    return outcome;
  }

  async last(subject: string): Promise<LogMessage | undefined> {
    const message = await this.log.last(subject);
    if (message && !this.#halted) this.remembered.remember(message);
    return message;
  }

  read(subject: string, after: number): Promise<readonly LogMessage[]> {
    return this.log.read(subject, after);
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
  async *follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogMessage> {
    for await (const message of this.log.follow(filter, signal)) {
      if (!this.#halted) this.remembered.remember(message);
      yield message;
    }
  }
}
