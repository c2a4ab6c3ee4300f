import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { sha256Hex, type LogMessage } from '@syncline/kernel';
import { z } from 'zod';

import { EventStoreError } from '../event-store-error.js';

const mark = z.object({
  /** The highest sequence that was read or written. */
  highest: z.int().positive(),
  /** The latest message that was read: only the server knows the timestamp of one that was written. */
  seen: z.object({ sequence: z.int().positive(), subject: z.string(), leaf: z.string() }).optional(),
});
type Mark = z.infer<typeof mark>;

/** Between two writes, so that a busy log does not cost a synced write per message. */
const pauseMs = 250;

/** The leaf hash of a message (RFC 6962, section 2.1): its data is subject, timestamp in nanoseconds and stored bytes. */
export const leafHash = (message: LogMessage): string => {
  const head = new TextEncoder().encode(`\0${message.subject}\n${message.recordedAtNs}\n`);
  return sha256Hex(Buffer.concat([head, message.bytes]));
};

const seenOf = (message: LogMessage) => ({
  sequence: message.sequence,
  subject: message.subject,
  leaf: leafHash(message),
});

/** How to look at the log that is to be the one that was seen. */
export type LogSight = {
  readonly lastSequence: () => Promise<number>;
  readonly message: (sequence: number) => Promise<LogMessage | undefined>;
};

/**
 * What a service has seen of the log, kept outside of it: a server that lost or reused positions is noticed, because
 * it ends before the highest remembered one, or holds another message at it.
 */
export class RememberedPosition {
  #highest = 0;
  #seen: LogMessage | undefined;
  /** What a former process kept, until something later is seen. */
  #former: Mark['seen'];
  #saving: Promise<void> | undefined;
  #isStale = false;
  #failure: unknown;
  #pause = new AbortController();
  #isAwaited = false;

  /** Of this process alone: a service that ends and the one that follows may overlap for a moment. */
  readonly #draft: string;

  /** `message` reads one message of the log: what was written is known as the server keeps it only once it is read. */
  constructor(
    private readonly path: string,
    private readonly message: LogSight['message'],
  ) {
    this.#draft = `${path}.${randomUUID()}`;
  }

  /** Why the position cannot be kept at the moment: a full disk, a folder that is gone. The next one is tried again. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Throws `log-lost-positions` where the log is not the one that was seen. */
  async verify(log: LogSight): Promise<void> {
    await this.settled();
    const known = await this.#read();
    if (!known) return;
    this.#highest = Math.max(this.#highest, known.highest);
    this.#former = known.seen;
    if ((await log.lastSequence()) < known.highest) throw this.#lost(`message ${known.highest}`);
    const { seen } = known;
    if (!seen) return;
    const found = await log.message(seen.sequence);
    if (!found || leafHash(found) !== seen.leaf)
      throw this.#lost(`message ${seen.sequence} of ${seen.subject}`);
  }

  /** Remembers a message that was read. Only ever goes forward. */
  remember(message: LogMessage): void {
    if (message.sequence <= Math.max(this.#seen?.sequence ?? 0, this.#former?.sequence ?? 0)) return;
    this.#seen = message;
    this.#highest = Math.max(this.#highest, message.sequence);
    this.#save();
  }

  /** Remembers a sequence that was written. */
  rememberWritten(sequence: number): void {
    if (sequence <= this.#highest) return;
    this.#highest = sequence;
    this.#save();
  }

  /** Resolves when what is remembered is kept. */
  async settled(): Promise<void> {
    while (this.#saving) {
      this.#isAwaited = true;
      this.#pause.abort();
      await this.#saving;
    }
    this.#isAwaited = false;
  }

  /** One write at a time; what comes meanwhile goes into the next one. */
  #save(): void {
    this.#isStale = true;
    this.#saving ??= this.#writeLatest().finally(() => (this.#saving = undefined));
  }

  async #writeLatest(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      this.#failure = await this.#write().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (this.#isAwaited) continue;
      this.#pause = new AbortController();
      await delay(pauseMs, undefined, { signal: this.#pause.signal, ref: false }).catch(() => undefined);
    }
  }

  async #read(): Promise<Mark | undefined> {
    try {
      return mark.parse(JSON.parse(await readFile(this.path, 'utf8')));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new EventStoreError(
        'log-lost-positions',
        `${this.path} cannot be read, so nothing says whether the log is the one that was seen. Move it away to start without it`,
        this.path,
        cause,
      );
    }
  }

  async #seeWritten(): Promise<void> {
    if (this.#highest <= (this.#seen?.sequence ?? 0)) return;
    const written = await this.message(this.#highest).catch(() => undefined);
    if (written && written.sequence > (this.#seen?.sequence ?? 0)) this.#seen = written;
  }

  async #write(): Promise<void> {
    await this.#seeWritten();
    const seen = this.#seen ? seenOf(this.#seen) : this.#former;
    const text = JSON.stringify({ highest: this.#highest, ...(seen && { seen }) } satisfies Mark);
    await mkdir(dirname(this.path), { recursive: true });
    await writeFile(this.#draft, text, { flush: true });
    await rename(this.#draft, this.path);
  }

  #lost(what: string): EventStoreError {
    return new EventStoreError(
      'log-lost-positions',
      `the log does not hold ${what} as this service saw it. It was lost, cut or replaced: restore it, or move ${this.path} away to accept the loss`,
      this.path,
    );
  }
}
