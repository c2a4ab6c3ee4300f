import type { BlobOwner, LogMessage } from '@syncline/kernel';
import {
  CompactRange,
  leafHashOf,
  type Beside,
  type ExportReport,
  type VerifiedSink,
  type VerifiedMessage,
} from '@syncline/log-proofs';

import { ArchiveError } from './archive-error.js';
import type { ArchiveStore } from './archive-store.js';
import { WrongArchive, type SegmentFile } from './segments.js';
import { verifyArchive, type ArchiveReport } from './verify-archive.js';

/** The log that an archive is put back into. */
export type RestoreTarget = {
  readonly append: (message: VerifiedMessage) => Promise<void>;
  readonly putBlob: (owner: BlobOwner, bytes: Uint8Array, mediaType: string) => Promise<void>;
  readonly blob: (owner: BlobOwner, digest: string) => Promise<Uint8Array>;
  readonly messages: () => AsyncIterable<LogMessage>;
  readonly finish: (size: number) => Promise<void>;
};

/** What restoring takes. */
export type Restoring<Target extends RestoreTarget> = {
  readonly store: ArchiveStore;
  readonly beside?: Beside;
  /** Opens the log for an archive of this name: an interrupted restore is continued by one of the same alone. */
  readonly open: (archive: string) => Promise<Target>;
  readonly onVerified?: (report: ArchiveReport) => void;
  readonly onSegment?: (file: SegmentFile, report: ExportReport) => void;
};

/** Puts what is read of a segment into the log, in its order; what is read waits while that is slower. */
class Putting {
  readonly #waiting: (() => Promise<void>)[] = [];
  #open: { readonly owner: BlobOwner; readonly mediaType: string; readonly pieces: Uint8Array[] } | undefined;
  #from = 1;
  /** Under whom the bytes of this segment's blobs were put. */
  readonly #owners = new Map<string, BlobOwner>();

  constructor(private readonly target: RestoreTarget) {}

  readonly sink: VerifiedSink = {
    message: (message) => {
      // What a segment shows of before it, because keys were announced there, is in the segments before.
      if (message.sequence >= this.#from) this.#waiting.push(() => this.target.append(message));
    },
    blobBegins: ({ owner, mediaType, digest }) => {
      this.#open = { owner, mediaType, pieces: [] };
      this.#owners.set(digest, owner);
    },
    blobPiece: (piece) => void this.#open?.pieces.push(piece),
    blobEnds: () => {
      const open = this.#open;
      if (!open) return;
      const put = () => this.target.putBlob(open.owner, Buffer.concat(open.pieces), open.mediaType);
      this.#waiting.push(put);
    },
    sameBlob: ({ digest, owner, mediaType }) => {
      this.#waiting.push(async () => {
        const bytes = await this.target.blob(this.#owners.get(digest) ?? owner, digest);
        await this.target.putBlob(owner, bytes, mediaType);
      });
    },
  };

  readonly settled = async (): Promise<void> => {
    for (const work of this.#waiting.splice(0)) await work();
  };

  beginSegment({ from }: SegmentFile): VerifiedSink {
    this.#from = from;
    this.#owners.clear();
    return this.sink;
  }
}

/** Throws where the messages of the log do not lead to the root that was signed. */
const prove = async (target: RestoreTarget, { size, root, origin }: ArchiveReport): Promise<void> => {
  const range = new CompactRange();
  for await (const message of target.messages()) {
    if (message.sequence !== range.size + 1)
      throw new ArchiveError('archive-wrong', `message ${range.size + 1} is missing in the restored log`);
    range.append(leafHashOf(message));
  }
  if (range.size === size && Buffer.from(range.root()).toString('hex') === root) return;
  throw new ArchiveError(
    'archive-wrong',
    `the restored log of ${range.size} messages does not lead to the checkpoint over ${size} messages of ${origin}`,
  );
};

/**
 * Puts an archive back into a log that has nothing: verifies all of it first, then appends each message to its sequence with
 * the time that it was recorded at, and proves that the log leads to the root that was signed. Where it was interrupted, the
 * next one goes on. Throws ArchiveError, and what the log throws.
 */
export const restoreArchive = async <Target extends RestoreTarget>(
  { store, beside = {}, open, onVerified, onSegment }: Restoring<Target>,
  close: (target: Target) => Promise<void>,
): Promise<ArchiveReport> => {
  const found = await verifyArchive(store, { beside });
  if (!found) throw new ArchiveError('archive-wrong', `${store.place} holds no segment of an archive`);
  onVerified?.(found);
  const target = await open(found.origin);
  try {
    const putting = new Putting(target);
    const again = await verifyArchive(store, {
      ...{ beside, settled: putting.settled, sinkOf: (file) => putting.beginSegment(file) },
      onSegment: async (file, report) => {
        await putting.settled();
        onSegment?.(file, report);
      },
    });
    // It may have grown meanwhile, which is as good.
    if (!again || again.size < found.size)
      throw new WrongArchive(store.place, 1, 'it was changed while it was read');
    await prove(target, again);
    await target.finish(again.size);
    return again;
  } finally {
    await close(target);
  }
};
