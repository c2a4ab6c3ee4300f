import { blobOwnersOf, sha256Running, type BlobOwner, type RunningDigest } from '@syncline/kernel';

import { blobReferencesOf, KnownBlobs, type BlobReference } from './blob-references.js';

/** A blob of a segment as it stands there: whose it is, and where its bytes begin in the file. */
export type PlacedBlob = BlobReference & {
  readonly owner: BlobOwner;
  readonly size: number;
  readonly offset: number;
};

/** What reads along while a segment is verified; what it was told counts once the file was found right to its end. */
export type BlobSink = {
  readonly blobBegins?: (blob: PlacedBlob) => void;
  readonly blobPiece?: (piece: Uint8Array) => void;
  readonly blobEnds?: () => void;
  /** A blob whose bytes came before stands under this owner as well. */
  readonly sameBlob?: (blob: BlobReference & { readonly owner: BlobOwner }) => void;
};

type Wanted = BlobReference & { readonly key: string; readonly owners: readonly BlobOwner[] };

/**
 * What writer and reader of an export call a blob that was written. In a segment it is written for each cluster that names
 * it, because each has its own.
 */
export const knownKey = (digest: string, subject: string, isSegment: boolean): string =>
  isSegment ? `${digest} ${blobOwnersOf(subject)[0] ?? ''}` : digest;

/** Compares the blobs of an export with what its messages name. Each method says what is wrong, or nothing. */
export class BlobCheck {
  blobs = 0;
  missing = 0;
  readonly #named = new KnownBlobs();
  readonly #written = new KnownBlobs();
  #wanted: Wanted[] = [];
  #open: { readonly wanted: Wanted; readonly running: RunningDigest } | undefined;

  constructor(
    private readonly isSegment: boolean,
    private readonly sink: BlobSink,
  ) {}

  /** Takes the events of a message: the blobs that they name come next. */
  names(subject: string, events: unknown): void {
    for (const reference of blobReferencesOf(events, this.isSegment)) {
      const key = knownKey(reference.digest, subject, this.isSegment);
      if (!this.#named.has(key)) this.#wanted.push({ ...reference, key, owners: blobOwnersOf(subject) });
    }
  }

  begin([digest = '', owner]: readonly string[], size: number, offset: number): string | undefined {
    const [wanted, trouble] = this.#next(digest, owner);
    if (!wanted) return trouble;
    this.#open = { wanted, running: sha256Running() };
    const { mediaType } = wanted;
    this.sink.blobBegins?.({ digest, mediaType, owner: ownerOf(wanted, owner), size, offset });
    return undefined;
  }

  piece(bytes: Uint8Array): void {
    this.#open?.running.update(bytes);
    this.sink.blobPiece?.(bytes);
  }

  end(): string | undefined {
    if (!this.#open) return undefined;
    const { wanted, running } = this.#open;
    const { digest, key } = wanted;
    if (running.hex() !== digest) return `the bytes of blob ${digest}, which it names, are others`;
    this.#named.add(key);
    if (this.isSegment) this.#written.add(digest);
    this.blobs += 1;
    this.#open = undefined;
    this.sink.blobEnds?.();
    return undefined;
  }

  same([digest = '', owner]: readonly string[]): string | undefined {
    const [wanted, trouble] = this.#next(digest, owner);
    if (!wanted) return trouble;
    if (!this.#written.has(digest))
      return `the bytes of blob ${digest}, which it names, do not stand before it`;
    this.#named.add(wanted.key);
    this.sink.sameBlob?.({ digest, mediaType: wanted.mediaType, owner: ownerOf(wanted, owner) });
    return undefined;
  }

  skip([digest = '']: readonly string[]): string | undefined {
    if (this.#wanted.shift()?.digest !== digest) return `blob ${digest} is not the one that it names next`;
    this.missing += 1;
    return undefined;
  }

  /** Whether all that the last message names was there. */
  settled(): string | undefined {
    const [next] = this.#wanted;
    return next && `blob ${next.digest}, which it names, is not in the file`;
  }

  #next(digest: string, owner: string | undefined): readonly [Wanted | undefined, string?] {
    const wanted = this.#wanted.shift();
    if (wanted?.digest !== digest) return [undefined, `blob ${digest} is not the one that it names next`];
    if (this.isSegment && !wanted.owners.some((one) => one === owner))
      return [
        undefined,
        `blob ${digest} is said to be of ${owner ?? 'nobody'}, who has none that it may name`,
      ];
    return [wanted];
  }
}

/** It was compared with the owners that there may be. */
const ownerOf = ({ owners }: Wanted, owner: string | undefined): BlobOwner =>
  owners.find((one) => one === owner) ?? owners[0] ?? 'hub';
