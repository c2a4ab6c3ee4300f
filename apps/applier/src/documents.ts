import { encodeToken } from '@syncline/events';
import { canonicalJson, clusterOwner, type BlobOwner, type BlobRef, type BlobStore } from '@syncline/kernel';
import type { z } from 'zod';

const keptBytes = 4 * 1024 * 1024;

/**
 * The blobs that were read last, of all clusters, by their digest: a diff and its apply read the same, and so do the clusters that one
 * change goes to. What is over the bound goes, the oldest first.
 */
export class ReadBlobs {
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(private readonly boundBytes = keptBytes) {}

  get(digest: string): Uint8Array | undefined {
    return this.#kept.get(digest);
  }

  keep(digest: string, bytes: Uint8Array): void {
    if (!this.#kept.delete(digest)) this.#bytes += bytes.length;
    this.#kept.set(digest, bytes);
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.boundBytes) return;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}

/** The blobs of one cluster, which its applier may read and write, as documents. */
export class Documents {
  readonly #owner: BlobOwner;

  constructor(
    private readonly blobs: BlobStore,
    cluster: string,
    private readonly kept: ReadBlobs,
  ) {
    this.#owner = clusterOwner(encodeToken(cluster));
  }

  /** The stored bytes, their digest verified. */
  async readBytes({ digest }: Pick<BlobRef, 'digest'>): Promise<Uint8Array> {
    const bytes = this.kept.get(digest) ?? (await this.blobs.get(this.#owner, digest));
    this.kept.keep(digest, bytes);
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
}
