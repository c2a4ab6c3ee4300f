import { sha256Running, type RunningDigest } from '@syncline/kernel';

import type { Checkpoint } from '../notes/checkpoint.js';
import type { Verifier } from '../notes/keys.js';
import { blobReferencesOf, KnownBlobs } from './blob-references.js';
import { BrokenFrames, FrameReader } from './frames.js';
import { readHeader, type ExportHeader, type ExportScope } from './scope.js';
import { TreeCheck } from './tree-check.js';
import { WrongExport } from './wrong-export.js';

const decoder = new TextDecoder();

/** What of an export is right. */
export type ExportReport = {
  readonly origin: string;
  /** How many messages the tree has. */
  readonly size: number;
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

/**
 * Verifies an export as its bytes come; remembers a few dozen hashes and the digests of the last blobs, however long it is.
 * Throws {@link WrongExport}, from whichever call shows that something is wrong.
 */
export class ExportVerifier {
  readonly #reader = new FrameReader({
    frame: (kind, words, body) => this.#take(kind, words, body),
    blobBegins: (words) => this.#beginBlob(words),
    blobPiece: (piece) => this.#blob?.running.update(piece),
    blobEnds: () => this.#endBlob(),
  });
  readonly #known = new KnownBlobs();
  #header: ExportHeader | undefined;
  #tree: TreeCheck | undefined;
  #wanted: string[] = [];
  #blob: { readonly digest: string; readonly running: RunningDigest } | undefined;
  #messages = 0;
  #blobs = 0;
  #missing = 0;
  #firstMissing: number | undefined;
  #isEnded = false;

  constructor(private readonly beside: Beside = {}) {}

  /** Takes the next bytes, whatever pieces they come in. */
  push(chunk: Uint8Array): void {
    this.#named(() => this.#reader.push(chunk));
  }

  /** Says what was found right, once all bytes were given. */
  finish(): ExportReport {
    this.#named(() => this.#reader.end());
    if (!this.#isEnded || !this.#header || !this.#tree)
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
      ...{ messages: this.#messages, blobs: this.#blobs, checkpoints: this.#tree.checkpoints },
      ...{ missing: this.#missing, witnessed: this.#tree.witnessed },
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
      this.#skipBlob(words, tree);
      return;
    }
    this.#refuseOpenBlobs();
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
  }

  #takeMessage(tree: TreeCheck, words: readonly string[], body: Uint8Array): void {
    const events = tree.message(words, body);
    this.#messages += 1;
    for (const { digest } of blobReferencesOf(events))
      if (!this.#known.has(digest)) this.#wanted.push(digest);
  }

  #beginBlob([digest = '']: readonly string[]): void {
    if (this.#isEnded || this.#wanted.shift() !== digest)
      throw this.#wrongBlob(`blob ${digest} is not the one that it names next`);
    this.#blob = { digest, running: sha256Running() };
  }

  #endBlob(): void {
    if (!this.#blob) return;
    const { digest, running } = this.#blob;
    if (running.hex() !== digest)
      throw this.#wrongBlob(`the bytes of blob ${digest}, which it names, are others`);
    this.#known.add(digest);
    this.#blobs += 1;
    this.#blob = undefined;
  }

  #skipBlob([digest = '']: readonly string[], tree: TreeCheck): void {
    if (this.#wanted.shift() !== digest)
      throw this.#wrongBlob(`blob ${digest} is not the one that it names next`);
    this.#missing += 1;
    this.#firstMissing ??= tree.size;
  }

  #refuseOpenBlobs(): void {
    const [next] = this.#wanted;
    if (next !== undefined) throw this.#wrongBlob(`blob ${next}, which it names, is not in the file`);
  }

  #end(tree: TreeCheck, [digest]: readonly string[]): void {
    tree.end();
    if (this.#reader.digestBeforeEnd !== digest)
      throw this.#wrong('the file was changed after it was written');
    this.#isEnded = true;
  }
}
