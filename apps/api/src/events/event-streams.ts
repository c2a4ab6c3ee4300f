import type { ServerResponse } from 'node:http';

import { toCloudEvent } from '@syncline/events';
import {
  comparePositions,
  formatPosition,
  type EventLog,
  type LogEntry,
  type Position,
} from '@syncline/kernel';

import { Problem } from '../problems/problem.js';
import type { Reply } from '../requests/http.js';

/** What a stream gives: events after a position (the log's end where there is none), of some types, on some subjects. */
export type StreamWish = {
  readonly after?: Position;
  readonly types?: readonly string[];
  readonly subject?: string;
};

/** How patient streams are. A client that reads slower than events come is dropped, and resumes where it stood. */
export type StreamLimits = {
  readonly streams: number;
  readonly bufferBytes: number;
  readonly heartbeatMs: number;
  /** How long a client may take nothing of what was written. */
  readonly drainMs: number;
};
export const streamLimits: StreamLimits = {
  streams: 500,
  bufferBytes: 1024 * 1024,
  heartbeatMs: 15_000,
  drainMs: 30_000,
};

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
};

const block = (id: string, data: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** The blocks of one message (WHATWG HTML, section 9.2.6). What cannot be read is said, never left out. */
export const blocksOf = ({ message, events, unreadable }: LogEntry, { after, types }: StreamWish): string => {
  if (unreadable) {
    const position = formatPosition({ sequence: message.sequence, index: 0 });
    return block(position, { position, subject: message.subject, reason: unreadable.reason }, 'unreadable');
  }
  return events
    .filter((event) => !after || comparePositions(event.position, after) > 0)
    .filter((event) => !types || types.includes(event.type))
    .map((event) => block(formatPosition(event.position), toCloudEvent(event)))
    .join('');
};

/** Streams of events as they happen, out of the log and not out of Postgres. */
export class EventStreams {
  readonly #open = new Set<AbortController>();

  constructor(
    private readonly log: EventLog,
    private readonly limits: StreamLimits = streamLimits,
  ) {}

  get count(): number {
    return this.#open.size;
  }

  /** Ends every stream; clients come back and resume. */
  close(): void {
    for (const one of this.#open) one.abort();
  }

  async serve(reply: Reply, wish: StreamWish): Promise<void> {
    if (this.#open.size >= this.limits.streams) {
      throw new Problem(503, 'too-many-streams', 'Too many streams are open. Try again later.', {
        'retry-after': '5',
      });
    }
    const stop = new AbortController();
    this.#open.add(stop);
    try {
      const afterSequence = wish.after ? wish.after.sequence - 1 : await this.log.lastSequence();
      reply.hijack();
      await this.#pump(reply.raw, wish, Math.max(0, afterSequence), stop);
    } finally {
      stop.abort();
      this.#open.delete(stop);
    }
  }

  async #pump(
    raw: ServerResponse,
    wish: StreamWish,
    afterSequence: number,
    stop: AbortController,
  ): Promise<void> {
    raw.writeHead(200, headers);
    raw.write(': the log of Syncline\n\n');
    raw.on('close', () => stop.abort());
    raw.on('error', () => stop.abort());
    const heart = setInterval(() => this.#write(raw, ': still here\n\n', stop), this.limits.heartbeatMs);
    const filter = { afterSequence, ...(wish.subject !== undefined && { subjects: [wish.subject] }) };
    try {
      for await (const entry of this.log.follow(filter, stop.signal)) {
        const text = blocksOf(entry, wish);
        if (text !== '') this.#write(raw, text, stop);
        if (raw.writableNeedDrain) await drained(raw, this.limits.drainMs, stop.signal);
      }
    } catch {
      // The log is out of reach: the client comes back with the last position that it has seen.
    } finally {
      clearInterval(heart);
      raw.end();
    }
  }

  #write(raw: ServerResponse, text: string, stop: AbortController): void {
    if (stop.signal.aborted || raw.destroyed) return;
    raw.write(text);
    if (raw.writableLength <= this.limits.bufferBytes) return;
    stop.abort();
    raw.destroy();
  }
}

/** Resolves when the client has taken what was written; one that takes nothing for long is dropped. */
const drained = (raw: ServerResponse, drainMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      raw.off('drain', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(() => raw.destroy(), drainMs);
    raw.once('drain', end);
    signal.addEventListener('abort', end, { once: true });
  });
