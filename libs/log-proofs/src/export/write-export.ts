import type { BlobOwner } from '@syncline/kernel';

import type { Hash, LeafMessage } from '../tree/hashes.js';
import { leafHashOf } from '../tree/hashes.js';
import { encodeFrame, exportTitle } from './frames.js';
import { toHex } from './hex.js';
import type { ExportHeader } from './scope.js';

const encoder = new TextEncoder();
/** The frames of an export, as bytes. Their order is the writer's duty (docs/export.md). */
export const exportFrames = {
  title: (): Uint8Array => encoder.encode(`${exportTitle}\n`),
  header: (header: ExportHeader): Uint8Array =>
    encodeFrame(['header'], encoder.encode(JSON.stringify(header))),
  /** A message with its leaf hash, so that a reader can name the first one that is wrong. */
  message: (
    message: LeafMessage & { readonly sequence: number },
    leaf: Hash = leafHashOf(message),
  ): Uint8Array =>
    encodeFrame(
      ['message', message.sequence, message.recordedAtNs, message.subject, toHex(leaf)],
      message.bytes,
    ),
  /** In place of the `2^height` messages from a sequence on: the hash over them, which hides what they say. */
  hidden: (sequence: number, height: number, hash: Hash): Uint8Array =>
    encodeFrame(['hidden', sequence, height, toHex(hash)]),
  /** In a segment with its owner, so that it can be put back where it was. */
  blob: (digest: string, bytes: Uint8Array, owner?: BlobOwner): Uint8Array =>
    encodeFrame(['blob', digest, ...(owner === undefined ? [] : [owner])], bytes),
  /** In a segment: a blob whose bytes were written before stands under this owner as well. */
  same: (digest: string, owner: BlobOwner): Uint8Array => encodeFrame(['same', digest, owner]),
  /** The store does not have a blob that a message names. */
  missing: (digest: string): Uint8Array => encodeFrame(['missing', digest]),
  checkpoint: (note: string): Uint8Array => encodeFrame(['checkpoint'], encoder.encode(note)),
  /** The last frame; `digest` is the SHA-256 of everything before it. */
  end: (digest: string): Uint8Array => encodeFrame(['end', digest]),
} as const;

/** The complete subtrees that messages `[first, end)` consist of, from the left: sequence of its first message, and height. */
export const hiddenSubtrees = function* (
  first: number,
  end: number,
): Generator<readonly [sequence: number, height: number]> {
  for (let at = first - 1; at < end - 1;) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= end - 1) height += 1;
    yield [at + 1, height];
    at += 2 ** height;
  }
};
