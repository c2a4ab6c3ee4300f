/** Where a blob is in the store and who may read it: the hub, or one cluster's applier. */
export type BlobOwner = 'hub' | `cluster.${string}`;

/** What an event says of a blob. `digest` is the SHA-256 of the stored bytes, 64 hex digits; `size` in bytes. */
export type BlobRef = { readonly digest: string; readonly size: number; readonly mediaType: string };

/** Content-addressed bytes beside the log. Equal bytes are one blob, however many write them at once. */
export interface BlobStore {
  /** Stores the bytes under their digest; a no-op where they are present. */
  put(owner: BlobOwner, bytes: Uint8Array, mediaType: string): Promise<BlobRef>;
  /** The bytes, their digest verified. Throws the adapter's error with code `blob-missing` where there are none. */
  get(owner: BlobOwner, digest: string): Promise<Uint8Array>;
}
/** Injection token of {@link BlobStore}. */
export const BlobStore = Symbol('BlobStore');

/** The owner whose blobs the applier of this cluster may read. Names are encoded as in subjects. */
export const clusterOwner = (cluster: string): BlobOwner => `cluster.${cluster}`;

/** Whose blobs a message of this subject may name, in the order in which to look: those of its cluster, and the hub's. */
export const blobOwnersOf = (subject: string): readonly BlobOwner[] => {
  const [, kind, token] = subject.split('.');
  const isOfCluster = kind === 'plan' || kind === 'fleet' || kind === 'cluster';
  return isOfCluster && token !== undefined ? [clusterOwner(token), 'hub'] : ['hub'];
};
