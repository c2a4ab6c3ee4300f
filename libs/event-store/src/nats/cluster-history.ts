import type { LogMessage } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';

const keptMs = 10_000;

/** Every message of the cluster after a sequence, in order. */
export type Sweep = (after: number) => AsyncIterable<LogMessage>;

/** How many bytes of histories may be kept, over all clusters of a process. */
export class HistoryRoom {
  #free: number;

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** False where they do not fit. */
  take(bytes: number): boolean {
    if (bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#free += bytes;
  }
}

type Asked = {
  readonly subject: string;
  readonly after: number;
  /** The last message of the subject as known before the question; the answer reaches it. */
  readonly last: number;
  readonly resolve: (messages: readonly LogMessage[]) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * The history of one cluster for readers of single subjects. There is no cheaper way to one subject than through all of
 * them; so one sweep answers all who wait, and what it read is kept for a moment for those who ask next. A start costs
 * one sweep, however many subjects it folds.
 */
export class ClusterHistory {
  readonly #kept = new Map<string, LogMessage[]>();
  /** What is kept: everything after `#from`, up to and with `#to`. */
  #from = 0;
  #to = 0;
  #bytes = 0;
  #isWhole = true;
  #asked: Asked[] = [];
  #isAnswering = false;
  #forget: NodeJS.Timeout | undefined;

  constructor(
    private readonly sweep: Sweep,
    private readonly room: HistoryRoom,
  ) {}

  /** The messages of a subject after a sequence, at least up to `last`. */
  read(subject: string, after: number, last: number): Promise<readonly LogMessage[]> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ subject, after, last, resolve, reject });
      if (!this.#isAnswering) void this.#answerAll();
    });
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    clearTimeout(this.#forget);
    // Who asks in the same breath is answered by the same sweep.
    await Promise.resolve();
    while (this.#asked.length > 0) await this.#answer(this.#asked.splice(0));
    this.#isAnswering = false;
    this.#forget = setTimeout(() => this.#drop(0), keptMs).unref();
  }

  async #answer(asked: readonly Asked[]): Promise<void> {
    try {
      const first = Math.min(...asked.map(({ after }) => after));
      if (first < this.#from) this.#drop(first);
      if (this.#to === 0) this.#drop(first);
      if (asked.some(({ last }) => last > this.#to))
        await this.#extend(new Set(asked.map((one) => one.subject)));
      // The consumer's node may be behind the one that said what the last message is.
      if (asked.some(({ last }) => last > this.#to))
        throw new EventStoreError('log-unreachable', 'the history does not reach its last message yet');
      for (const { subject, after, resolve } of asked)
        resolve((this.#kept.get(subject) ?? []).filter(({ sequence }) => sequence > after));
      if (!this.#isWhole) this.#drop(0);
    } catch (error) {
      this.#drop(0);
      for (const { reject } of asked) reject(error);
    }
  }

  async #extend(asked: ReadonlySet<string>): Promise<void> {
    for await (const message of this.sweep(Math.max(this.#from, this.#to))) {
      this.#to = message.sequence;
      if (this.#isWhole && !this.#fits(message)) this.#keepOnly(asked);
      if (!this.#isWhole && !asked.has(message.subject)) continue;
      const messages = this.#kept.get(message.subject);
      if (messages) messages.push(message);
      else this.#kept.set(message.subject, [message]);
    }
  }

  #fits(message: LogMessage): boolean {
    const size = message.bytes.length + message.subject.length + 200;
    if (!this.room.take(size)) return false;
    this.#bytes += size;
    return true;
  }

  /** There is no room for all: only what somebody waits for is kept, and that until it is answered. */
  #keepOnly(asked: ReadonlySet<string>): void {
    this.#isWhole = false;
    for (const subject of this.#kept.keys()) if (!asked.has(subject)) this.#kept.delete(subject);
  }

  /** Keeps nothing any more; what is kept next begins after `from`. */
  #drop(from: number): void {
    this.room.give(this.#bytes);
    this.#kept.clear();
    [this.#bytes, this.#isWhole, this.#from, this.#to] = [0, true, from, 0];
  }
}
