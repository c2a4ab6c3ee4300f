import { open, type FileHandle } from 'node:fs/promises';

import { matchesSubject, SubjectIndex } from '@syncline/event-store';
import { CommandRefused, type LogMessage } from '@syncline/kernel';
import {
  ExportReader,
  ExportVerifier,
  WrongExport,
  type Beside,
  type ExportHeader,
  type ExportReport,
  type ShownBlob,
  type ShownMessage,
} from '@syncline/log-proofs';

import type { RecordedSlice } from './recorded-slice.js';

const chunkBytes = 256 * 1024;
/** A blob is known by so much of its digest: by as much as nobody finds two blobs for, in a file that was verified. */
const keyDigits = 24;
/** A text of its own: a piece of a line would keep the whole line. */
const keyOf = (digest: string): string => Buffer.from(digest.slice(0, keyDigits), 'hex').toString('latin1');
const keptMessages = 8_192;

type Place = { readonly offset: number; readonly size: number };

/** A scope in words; undefined where it is one from the log's beginning on. */
const gapOf = ({ scope }: ExportHeader): string | undefined => {
  if (scope.of === 'change') return `the messages of the change ${scope.change} alone`;
  if (scope.of === 'changes') return `the messages of ${scope.changes.length} changes alone`;
  return scope.of === 'range' && scope.from > 1 ? `messages ${scope.from} to ${scope.to}` : undefined;
};

/**
 * An export as a recorded slice. It is verified while it is read for the first time; after that messages and blobs are read from where
 * they stand. In memory are where each message and each blob stands, some fifty bytes for each, and the last messages.
 */
export class SliceFile implements RecordedSlice {
  readonly #index = new SubjectIndex();
  readonly #messages: (Place & Pick<LogMessage, 'subject' | 'recordedAtNs'>)[] = [];
  readonly #subjects = new Map<string, string>();
  readonly #blobs = new Map<string, Place>();
  readonly #kept = new Map<number, LogMessage>();

  private constructor(private readonly file: FileHandle) {}

  /**
   * Verifies and indexes an export, with what is known beside it. Refuses by name what is no export, not what was signed, or does not
   * begin with the log. `read` is told of how much was read, 0 to 1.
   */
  static async open(
    path: string,
    beside: Beside = {},
    read: (share: number) => void = () => undefined,
  ): Promise<{ readonly slice: SliceFile; readonly verified: ExportReport }> {
    const file = await open(path, 'r').catch((error: unknown) => {
      throw unreadable(path, error);
    });
    const slice = new SliceFile(file);
    try {
      return { slice, verified: await slice.#verify(beside, read) };
    } catch (error) {
      await file.close();
      if (error instanceof WrongExport)
        throw new CommandRefused('export-wrong', `${path} is ${error.message}.`);
      throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unreadable(path, error);
    }
  }

  get size(): number {
    return this.#messages.length;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  between(subject: string, after: number, upTo: number): readonly number[] {
    return this.#index.between(subject, after, upTo);
  }

  lastOf(subject: string, upTo: number): number {
    return this.#index.lastOf(subject, upTo);
  }

  subjects(filter: string, upTo: number): readonly string[] {
    return this.#index.subjects((subject) => matchesSubject(filter, subject), upTo);
  }

  async read(subject: string, after: number, upTo: number): Promise<readonly LogMessage[]> {
    const found = [];
    for (const sequence of this.between(subject, after, upTo)) {
      const message = await this.message(sequence);
      if (message) found.push(message);
    }
    return found;
  }

  async message(sequence: number): Promise<LogMessage | undefined> {
    const kept = this.#kept.get(sequence);
    const at = this.#messages[sequence - 1];
    if (kept || !at) return kept;
    const { subject, recordedAtNs } = at;
    const recordedAt = new Date(Number(recordedAtNs / 1_000_000n)).toISOString();
    const message = { sequence, subject, recordedAt, recordedAtNs, bytes: await this.#bytes(at) };
    this.#kept.set(sequence, message);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptMessages && oldest !== undefined) this.#kept.delete(oldest);
    return message;
  }

  async blob(digest: string): Promise<Uint8Array | undefined> {
    const at = this.#blobs.get(keyOf(digest));
    return at && this.#bytes(at);
  }

  async #verify(beside: Beside, read: (share: number) => void): Promise<ExportReport> {
    const verifier = new ExportVerifier(beside);
    const reader = new ExportReader({
      header: (header) => this.#refuseGap(header),
      message: (message) => this.#addMessage(message),
      blob: (blob) => this.#addBlob(blob),
    });
    const { size } = await this.file.stat();
    for (let at = 0; at < size;) {
      const { bytesRead, buffer } = await this.file.read(new Uint8Array(chunkBytes), 0, chunkBytes, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const chunk = buffer.subarray(0, bytesRead);
      verifier.push(chunk);
      reader.push(chunk);
      read(at / size);
    }
    return verifier.finish();
  }

  #refuseGap(header: ExportHeader): void {
    const shown = gapOf(header);
    if (shown === undefined) return;
    throw new CommandRefused(
      'slice-begins-later',
      `The export holds ${shown}. What the planner decides depends on everything before it: give one that begins with the log, as syncline log export writes it without --from and --change.`,
    );
  }

  /** Behind a range there are announcements of keys, which nothing of the range follows. */
  #addMessage({ sequence, subject, bytes, offset, recordedAtNs }: ShownMessage): void {
    if (sequence !== this.#messages.length + 1) return;
    const known = this.#subjects.get(subject) ?? Buffer.from(subject).toString();
    this.#subjects.set(known, known);
    this.#messages.push({ offset, size: bytes.length, subject: known, recordedAtNs });
    this.#index.add(known, sequence);
  }

  #addBlob({ digest, offset, size }: ShownBlob): void {
    this.#blobs.set(keyOf(digest), { offset, size });
  }

  async #bytes({ offset, size }: Place): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    const { bytesRead } = await this.file.read(bytes, 0, size, offset);
    if (bytesRead !== size)
      throw new CommandRefused('file-changed', 'The export was changed while it was read.');
    return bytes;
  }
}

const unreadable = (path: string, error: unknown): CommandRefused => {
  const why = (error as NodeJS.ErrnoException).code ?? String(error);
  return new CommandRefused('file-unreadable', `${path} cannot be read (${why}).`);
};
