import { encodeToken } from '@syncline/events';
import { canonicalJson, clusterOwner, type BlobOwner, type BlobRef, type BlobStore } from '@syncline/kernel';
import type { z } from 'zod';

/** The blobs of one cluster, which its applier may read and write, as documents. */
export class Documents {
  readonly #owner: BlobOwner;

  constructor(
    private readonly blobs: BlobStore,
    cluster: string,
  ) {
    this.#owner = clusterOwner(encodeToken(cluster));
  }

  /** The stored bytes, their digest verified. */
  readBytes(ref: BlobRef): Promise<Uint8Array> {
    return this.blobs.get(this.#owner, ref.digest);
  }

  /** The JSON value in a blob, as it was stored. */
  async readJson(ref: BlobRef): Promise<unknown> {
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
}
