import type { Checkpoint } from '../notes/checkpoint.js';
import type { Verifier } from '../notes/keys.js';
import { BlobCheck, type BlobSink } from './blob-check.js';
import { BrokenFrames, FrameReader } from './frames.js';
import { readHeader, type ExportHeader, type ExportScope } from './scope.js';
import { TreeCheck, type TreeRoot } from './tree-check.js';
import { WrongExport } from './wrong-export.js';

const decoder = new TextDecoder();

/** What of an export is right. */
export type ExportReport = {
  readonly origin: string;
  /** How many messages the tree has. */
  readonly size: number;
  /** The root over all of them, in hexadecimal digits; of a segment also that over the messages before it. */
  readonly root: string;
  readonly before?: TreeRoot;
  readonly scope: ExportScope;
  /** Messages that are shown, blobs with their bytes, and checkpoints that were compared. */
  readonly messages: number;
  readonly blobs: number;
  readonly checkpoints: number;
  /** Blobs that a message names and the store did not have, and the first such message. */
  readonly missing: number;
  readonly firstMissing?: number;
  /** Witnessed checkpoints that were compared: those whose size the export comes by. */
  readonly witnessed: number;
  /** The key that signed the last checkpoint, and whether somebody other than the file vouches for it. */
  readonly key: string;
  readonly isKeyGiven: boolean;
};

/** What is known beside the file: keys that are trusted, and checkpoints that a witness has. */
export type Beside = { readonly keys?: readonly Verifier[]; readonly witnessed?: readonly Checkpoint[] };

/** A message that was found to be that of its leaf. */
export type VerifiedMessage = {
  readonly sequence: number;
  readonly subject: string;
  readonly recordedAtNs: string;
  readonly bytes: Uint8Array;
};

/**
 * What reads along while an export is verified. It is told what leads to its own hash; that all of it is what was signed is
 * known once {@link ExportVerifier.finish} gave a report.
 */
export type VerifiedSink = BlobSink & { readonly message?: (message: VerifiedMessage) => void };

/**
 * Verifies an export as its bytes come; remembers a few dozen hashes and the digests of the last blobs, however long it is.
 * Throws {@link WrongExport}, from whichever call shows that something is wrong.
 */
export class ExportVerifier {
  readonly #reader = new FrameReader({
    frame: (kind, words, body) => this.#take(kind, words, body),
    blobBegins: (words, length, offset) => this.#ofBlob((blobs) => blobs.begin(words, length, offset)),
    blobPiece: (piece) => this.#blobs?.piece(piece),
    blobEnds: () => this.#ofBlob((blobs) => blobs.end()),
  });
  #header: ExportHeader | undefined;
  #tree: TreeCheck | undefined;
  #blobs: BlobCheck | undefined;
  #messages = 0;
  #firstMissing: number | undefined;
  #isEnded = false;

  constructor(
    private readonly beside: Beside = {},
    private readonly sink: VerifiedSink = {},
  ) {}

  /** Takes the next bytes, whatever pieces they come in. */
  push(chunk: Uint8Array): void {
    this.#named(() => this.#reader.push(chunk));
  }

  /** Says what was found right, once all bytes were given. */
  finish(): ExportReport {
    this.#named(() => this.#reader.end());
    if (!this.#isEnded || !this.#header || !this.#tree || !this.#blobs)
      throw this.#wrong('the file ends before its last frame');
    const { keys = [] } = this.beside;
    const signedBy = this.#tree.end();
    if (keys.length > 0 && !this.#tree.chain.isTrusted(signedBy, keys))
      throw new WrongExport(
        1,
        `the last checkpoint is signed by ${this.#tree.key}, which is none of the given keys and was not announced by one`,
      );
    return {
      ...this.#header,
      ...{ root: this.#tree.root.root, ...(this.#tree.before && { before: this.#tree.before }) },
      ...{ messages: this.#messages, blobs: this.#blobs.blobs, checkpoints: this.#tree.checkpoints },
      ...{ missing: this.#blobs.missing, witnessed: this.#tree.witnessed },
      ...(this.#firstMissing !== undefined && { firstMissing: this.#firstMissing }),
      ...{ key: this.#tree.key, isKeyGiven: keys.length > 0 },
    };
  }

  #named(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw error instanceof BrokenFrames ? this.#wrong(error.message) : error;
    }
  }

  #wrong(reason: string): WrongExport {
    return new WrongExport((this.#tree?.size ?? 0) + 1, reason);
  }

  /** What is wrong with what the last message names. */
  #wrongBlob(reason: string): WrongExport {
    return new WrongExport(Math.max(1, this.#tree?.size ?? 1), reason);
  }

  #take(kind: string, words: readonly string[], body: Uint8Array): void {
    if (this.#isEnded) throw this.#wrong('something follows the end');
    const tree = this.#tree;
    if (!tree) {
      this.#begin(kind, body);
      return;
    }
    if (kind === 'missing') {
      this.#ofBlob((blobs) => blobs.skip(words));
      this.#firstMissing ??= tree.size;
      return;
    }
    this.#ofBlob((blobs) => (kind === 'same' ? blobs.same(words) : blobs.settled()));
    if (kind === 'same') return;
    if (kind === 'message') this.#takeMessage(tree, words, body);
    else if (kind === 'hidden') tree.hidden(words);
    else if (kind === 'checkpoint') tree.checkpoint(decoder.decode(body));
    else if (kind === 'end') this.#end(tree, words);
    else throw this.#wrong(`${JSON.stringify(kind)} is no frame of an export`);
  }

  #begin(kind: string, body: Uint8Array): void {
    const header = kind === 'header' ? readHeader(decoder.decode(body)) : undefined;
    if (!header) throw this.#wrong('the file does not say what it is of');
    this.#header = header;
    this.#tree = new TreeCheck(header, this.beside.witnessed ?? []);
    this.#blobs = new BlobCheck(header.scope.of === 'segment', this.sink);
  }

  #takeMessage(tree: TreeCheck, words: readonly string[], body: Uint8Array): void {
    const events = tree.message(words, body);
    this.#messages += 1;
    const [, recordedAtNs = '', subject = ''] = words;
    this.#blobs?.names(subject, events);
    this.sink.message?.({ sequence: tree.size, subject, recordedAtNs, bytes: body });
  }

  #ofBlob(work: (blobs: BlobCheck) => string | undefined): void {
    const trouble = this.#blobs && !this.#isEnded ? work(this.#blobs) : 'no message names it';
    if (trouble !== undefined) throw this.#wrongBlob(trouble);
  }

  #end(tree: TreeCheck, [digest]: readonly string[]): void {
    tree.end();
    if (this.#reader.digestBeforeEnd !== digest)
      throw this.#wrong('the file was changed after it was written');
    this.#isEnded = true;
  }
}
