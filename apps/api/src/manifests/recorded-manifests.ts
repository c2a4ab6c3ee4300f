import { Inject } from '@nestjs/common';
import { encodeToken, manifestsDocument, type ManifestsDocument } from '@syncline/events';
import { BlobStore, clusterOwner } from '@syncline/kernel';

import { imagesOf } from './images.js';

export type Manifest = ManifestsDocument['objects'][number];

/** Bytes of manifests that are kept parsed; what is recorded never changes. */
const mostBytes = 32 * 1024 * 1024;

type Kept = { readonly objects: readonly Manifest[]; readonly bytes: number };

/** The manifests that targets were applied with, as they were recorded. Values of Secrets are references in them. */
export class RecordedManifests {
  readonly #kept = new Map<string, Kept>();
  readonly #images = new Map<string, readonly string[]>();
  #bytes = 0;

  constructor(@Inject(BlobStore) private readonly blobs: BlobStore) {}

  /** The objects of one recorded render, in rendered order. */
  async objects(cluster: string, digest: string): Promise<readonly Manifest[]> {
    const known = this.#kept.get(digest);
    if (known) {
      this.#kept.delete(digest);
      this.#kept.set(digest, known);
      return known.objects;
    }
    const bytes = await this.blobs.get(clusterOwner(encodeToken(cluster)), digest);
    const { objects } = manifestsDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
    this.#keep(digest, { objects, bytes: bytes.length });
    return objects;
  }

  /** The container images of one recorded render, each once, sorted. */
  async images(cluster: string, digest: string): Promise<readonly string[]> {
    const known = this.#images.get(digest);
    if (known) return known;
    const images = imagesOf(await this.objects(cluster, digest));
    if (this.#images.size >= 10_000) this.#images.clear();
    this.#images.set(digest, images);
    return images;
  }

  #keep(digest: string, kept: Kept): void {
    this.#kept.set(digest, kept);
    this.#bytes += kept.bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= mostBytes) return;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}
