import { encodeToken } from '@syncline/events';
import { canonicalJson, clusterOwner, type BlobOwner, type BlobRef, type BlobStore } from '@syncline/kernel';
import type { z } from 'zod';

const keptBytes = 8 * 1024 * 1024;

/** The blobs of one cluster, which its applier may read and write, as documents. What was read last is kept: a diff and its apply read the same. */
export class Documents {
  readonly #owner: BlobOwner;
  readonly #kept = new Map<string, Uint8Array>();
  #keptBytes = 0;

  constructor(
    private readonly blobs: BlobStore,
    cluster: string,
  ) {
    this.#owner = clusterOwner(encodeToken(cluster));
  }

  /** The stored bytes, their digest verified. */
  async readBytes({ digest }: Pick<BlobRef, 'digest'>): Promise<Uint8Array> {
    const bytes = this.#kept.get(digest) ?? (await this.blobs.get(this.#owner, digest));
    this.#keep(digest, bytes);
    return bytes;
  }

  /** The JSON value in a blob, as it was stored. */
  async readJson(ref: Pick<BlobRef, 'digest'>): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(await this.readBytes(ref))) as unknown;
  }

  /** A document of a known shape. */
  async read<Schema extends z.ZodType>(ref: BlobRef, schema: Schema): Promise<z.infer<Schema>> {
    return schema.parse(await this.readJson(ref));
  }

  /** Stores a value as canonical JSON. */
  write(value: unknown): Promise<BlobRef> {
    const bytes = new TextEncoder().encode(canonicalJson(value));
    return this.blobs.put(this.#owner, bytes, 'application/json');
  }

  /** The latest last; what is over the bound goes, the oldest first. */
  #keep(digest: string, bytes: Uint8Array): void {
    if (!this.#kept.delete(digest)) this.#keptBytes += bytes.length;
    this.#kept.set(digest, bytes);
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= keptBytes) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
  }
}
