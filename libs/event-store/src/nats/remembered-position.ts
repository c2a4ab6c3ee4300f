import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { sha256Hex, type LogMessage } from '@syncline/kernel';
import { z } from 'zod';

import { EventStoreError } from '../event-store-error.js';

const file = z.object({ sequence: z.int().positive(), subject: z.string(), leaf: z.string() });
type Mark = z.infer<typeof file>;

/** The leaf hash of a message (RFC 6962, section 2.1): its data is subject, timestamp in nanoseconds and stored bytes. */
export const leafHash = (message: LogMessage): string => {
  const head = new TextEncoder().encode(`\0${message.subject}\n${message.recordedAtNs}\n`);
  return sha256Hex(Buffer.concat([head, message.bytes]));
};

/**
 * What a service has seen of the log, kept outside of it: a server that lost or reused positions is noticed, because
 * its message at the remembered sequence is missing or another one.
 */
export class RememberedPosition {
  #saving: Promise<void> = Promise.resolve();
  #latest = 0;
  #failure: unknown;

  constructor(private readonly path: string) {}

  /** Throws `log-lost-positions` where the log is not the one that was seen. `read` gives the message of a sequence. */
  async verify(read: (mark: Mark) => Promise<LogMessage | undefined>): Promise<void> {
    const mark = await this.#read();
    if (!mark) return;
    const found = await read(mark);
    if (found?.sequence === mark.sequence && leafHash(found) === mark.leaf) return;
    throw new EventStoreError(
      'log-lost-positions',
      `the log does not hold message ${mark.sequence} of ${mark.subject} as this service saw it. It was lost, cut or replaced: restore it, or move ${this.path} away to accept the loss`,
      mark.subject,
    );
  }

  /** Remembers a message as seen. Writes are one after another and only ever go forward. */
  remember(message: LogMessage): void {
    if (message.sequence <= this.#latest) return;
    this.#latest = message.sequence;
    this.#saving = this.#saving.then(async () => {
      if (message.sequence !== this.#latest) return;
      this.#failure = await this.#write(message).then(
        () => undefined,
        (error: unknown) => error,
      );
    });
  }

  /** Why the position cannot be kept at the moment: a full disk, a folder that is gone. The next one is tried again. */
  get failure(): unknown {
    return this.#failure;
  }

  async settled(): Promise<void> {
    await this.#saving;
  }

  async #read(): Promise<Mark | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#unreadable(error);
    });
    if (text === undefined) return undefined;
    try {
      const mark = file.parse(JSON.parse(text));
      this.#latest = Math.max(this.#latest, mark.sequence);
      return mark;
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  #unreadable(cause: unknown): EventStoreError {
    return new EventStoreError(
      'log-lost-positions',
      `${this.path} cannot be read, so nothing says whether the log is the one that was seen. Move it away to start without it`,
      this.path,
      cause,
    );
  }

  async #write(message: LogMessage): Promise<void> {
    const mark: Mark = { sequence: message.sequence, subject: message.subject, leaf: leafHash(message) };
    await mkdir(dirname(this.path), { recursive: true });
    await writeFile(`${this.path}.new`, JSON.stringify(mark));
    await rename(`${this.path}.new`, this.path);
  }
}
