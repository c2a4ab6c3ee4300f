import { sha256Hex, type BlobOwner, type BlobRef, type BlobStore } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';

/** Blobs in memory. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<string, Uint8Array>();

  put(owner: BlobOwner, bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const digest = sha256Hex(bytes);
    this.#blobs.set(`${owner}|${digest}`, Uint8Array.from(bytes));
    return Promise.resolve({ digest, size: bytes.length, mediaType });
  }

  get(owner: BlobOwner, digest: string): Promise<Uint8Array> {
    const bytes = this.#blobs.get(`${owner}|${digest}`);
    if (bytes) return Promise.resolve(Uint8Array.from(bytes));
    return Promise.reject(new EventStoreError('blob-missing', `blob ${digest} is not in the store`, digest));
  }
}
