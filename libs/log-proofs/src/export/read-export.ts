import { FrameReader } from './frames.js';
import { readHeader, type ExportHeader } from './scope.js';
import { WrongExport } from './wrong-export.js';

const decoder = new TextDecoder();

/** A message of an export; `offset` is where its bytes begin in the file. */
export type ShownMessage = {
  readonly sequence: number;
  /** Server timestamp, nanoseconds since the epoch. */
  readonly recordedAtNs: bigint;
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly offset: number;
};

/** A blob of an export: where its bytes begin in the file, and how many they are. */
export type ShownBlob = { readonly digest: string; readonly offset: number; readonly size: number };

/** What an export shows, in its order. */
export type ExportSink = {
  readonly header: (header: ExportHeader) => void;
  readonly message: (message: ShownMessage) => void;
  readonly blob: (blob: ShownBlob) => void;
};

/**
 * Reads an export that was verified before, as its bytes come: it checks nothing. Says what is shown and leaves out what proves it.
 * Throws {@link WrongExport} where the file says nothing of itself.
 */
export class ExportReader {
  #blob: ShownBlob | undefined;
  readonly #frames = new FrameReader({
    frame: (kind, words, body) => this.#take(kind, words, body),
    blobBegins: ([digest = ''], size) => (this.#blob = { digest, size, offset: -1 }),
    blobPiece: () => this.#begin(),
    blobEnds: () => this.#endBlob(),
  });

  constructor(private readonly sink: ExportSink) {}

  /** Takes the next bytes, whatever pieces they come in. */
  push(chunk: Uint8Array): void {
    this.#frames.push(chunk);
  }

  #take(
    kind: string,
    [sequence = '', nanoseconds = '', subject = '']: readonly string[],
    body: Uint8Array,
  ): void {
    if (kind === 'header') this.#header(body);
    if (kind !== 'message') return;
    const { offset } = this.#frames;
    const recordedAtNs = BigInt(nanoseconds);
    this.sink.message({ sequence: Number(sequence), recordedAtNs, subject, bytes: body, offset });
  }

  #header(body: Uint8Array): void {
    const header = readHeader(decoder.decode(body));
    if (!header) throw new WrongExport(1, 'the file does not say what it is of');
    this.sink.header(header);
  }

  #begin(): void {
    if (this.#blob?.offset === -1) this.#blob = { ...this.#blob, offset: this.#frames.offset };
  }

  #endBlob(): void {
    this.#begin();
    if (this.#blob) this.sink.blob(this.#blob);
    this.#blob = undefined;
  }
}
