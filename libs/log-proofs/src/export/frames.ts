import { sha256Running } from '@syncline/kernel';

/** The first line of every export, and with it the version of the format (docs/export.md). */
export const exportTitle = 'syncline-export/v1';
const lineFeed = 0x0a;
/** The longest line between bodies: kinds, sequences, hashes, a subject. */
const longestLine = 4_096;
/** What is held whole while it is read: everything but blobs, of which the server takes no message larger than this. */
const largestHeld = 64 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One frame: a line of words that ends with the length of the body, the body, a line feed. */
export const encodeFrame = (words: readonly (string | number | bigint)[], body?: Uint8Array): Uint8Array => {
  const length = body?.length ?? 0;
  const line = encoder.encode(`${words.join(' ')} ${length}\n`);
  const frame = new Uint8Array(line.length + length + 1);
  frame.set(line);
  if (body) frame.set(body, line.length);
  frame[frame.length - 1] = lineFeed;
  return frame;
};

/** What frames are told to, in their order. Bodies of blobs come in pieces, because they may be large. */
export type FrameSink = {
  readonly frame: (kind: string, words: readonly string[], body: Uint8Array) => void;
  /** `offset` is where the body begins in the file. */
  readonly blobBegins: (words: readonly string[], length: number, offset: number) => void;
  readonly blobPiece: (piece: Uint8Array) => void;
  readonly blobEnds: () => void;
};

/** A file that is no export, or whose frames do not fit together; the sentence says where. */
export class BrokenFrames extends Error {
  override readonly name = 'BrokenFrames';
}

type Open = { readonly kind: string; readonly words: readonly string[]; readonly length: number };

/** Takes an export apart as its bytes come, whatever pieces they come in; remembers no more than one frame. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();
  #open: Open | undefined;
  #left = 0;
  #offset = 0;
  #hasTitle = false;
  readonly #running = sha256Running();
  /** How far the bytes in hand are in the digest. */
  #hashed = 0;
  #digest: string | undefined;

  constructor(private readonly sink: FrameSink) {}

  /** How many bytes were taken into whole frames: whatever is wrong is not before there. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes the next bytes. Throws BrokenFrames. */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
    }
    let at = 0;
    this.#hashed = 0;
    for (let next = this.#take(bytes, at); next > at; next = this.#take(bytes, at)) {
      this.#offset += next - at;
      at = next;
    }
    if (this.#digest === undefined) this.#running.update(bytes.subarray(this.#hashed, at));
    this.#rest = bytes.subarray(at);
  }

  /** SHA-256 of everything before the last frame, once that has begun. */
  get digestBeforeEnd(): string | undefined {
    return this.#digest;
  }

  /** Throws BrokenFrames where the last frame is not whole. */
  end(): void {
    if (this.#rest.length > 0 || this.#open) throw new BrokenFrames('the file ends within a frame');
    if (!this.#hasTitle) throw new BrokenFrames('the file is empty');
  }

  /** Takes one line or one body; gives where it ended, or where it began if it is not all there. */
  #take(bytes: Uint8Array, at: number): number {
    if (!this.#open) return this.#takeLine(bytes, at);
    return this.#open.kind === 'blob' ? this.#takePiece(bytes, at) : this.#takeBody(this.#open, bytes, at);
  }

  #takeLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(lineFeed, at);
    if (end < 0 || end - at > longestLine) {
      if (bytes.length - at > longestLine)
        throw new BrokenFrames('a line is too long to be one of an export');
      return at;
    }
    const line = decoder.decode(bytes.subarray(at, end));
    if (!this.#hasTitle) {
      if (line !== exportTitle) throw new BrokenFrames(`it does not begin with ${exportTitle}`);
      this.#hasTitle = true;
      return end + 1;
    }
    this.#begin(line, this.#offset + end + 1 - at);
    if (this.#open?.kind === 'end' && this.#digest === undefined) {
      this.#running.update(bytes.subarray(this.#hashed, at));
      this.#digest = this.#running.hex();
    }
    return end + 1;
  }

  #begin(line: string, bodyOffset: number): void {
    const words = line.split(' ');
    const [kind = '', size = ''] = [words.shift(), words.pop()];
    const length = Number(size);
    if (!/^(?:0|[1-9]\d{0,14})$/.test(size))
      throw new BrokenFrames(`no frame begins with ${JSON.stringify(line.slice(0, 80))}`);
    if (kind !== 'blob' && length > largestHeld)
      throw new BrokenFrames(`a frame of ${length} bytes is none of an export`);
    this.#open = { kind, words, length };
    this.#left = length;
    if (kind === 'blob') this.sink.blobBegins(words, length, bodyOffset);
  }

  #takeBody({ kind, words, length }: Open, bytes: Uint8Array, at: number): number {
    if (bytes.length - at < length + 1) return at;
    this.#endFrame(bytes, at + length);
    this.sink.frame(kind, words, bytes.subarray(at, at + length));
    return at + length + 1;
  }

  #takePiece(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    if (count > 0) {
      this.sink.blobPiece(bytes.subarray(at, at + count));
      this.#left -= count;
      return at + count;
    }
    if (this.#left > 0 || bytes.length === at) return at;
    this.#endFrame(bytes, at);
    this.sink.blobEnds();
    return at + 1;
  }

  #endFrame(bytes: Uint8Array, at: number): void {
    if (bytes[at] !== lineFeed) throw new BrokenFrames('a frame does not end where it says');
    this.#open = undefined;
  }
}
