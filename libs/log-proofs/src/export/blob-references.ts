/** What an event says of a blob. */
export type BlobReference = { readonly digest: string; readonly mediaType: string };

const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/** Media types of blobs that are encrypted: they say nothing to whoever has no key, and are not in exports. */
const encrypted = new Set([
  'application/age',
  'application/vnd.syncline.pack',
  'application/vnd.syncline.artifact',
]);
const isEncrypted = (mediaType: string): boolean => encrypted.has(mediaType) || mediaType.endsWith('+age');

const collect = (value: unknown, found: BlobReference[], withEncrypted: boolean): void => {
  if (typeof value !== 'object' || value === null) return;
  const { digest, size, mediaType } = value as Record<string, unknown>;
  if (isDigest(digest) && typeof size === 'number' && typeof mediaType === 'string') {
    if (withEncrypted || !isEncrypted(mediaType)) found.push({ digest, mediaType });
    return;
  }
  for (const member of Object.values(value)) collect(member, found, withEncrypted);
};

/** The blobs that the events of a message name, in their order, once each; those that are encrypted only where they are wanted. */
export const blobReferencesOf = (events: unknown, withEncrypted = false): readonly BlobReference[] => {
  const found: BlobReference[] = [];
  if (!Array.isArray(events)) return found;
  for (const event of events) collect((event as { data?: unknown } | null)?.data, found, withEncrypted);
  return found.length < 2 ? found : [...new Map(found.map((one) => [one.digest, one])).values()];
};

/** How many blobs stay known: one that was written longer ago is written again, so that nobody has to remember all of them. */
const mostKnown = 10_000;

/** The blobs that an export wrote last. Writer and reader keep the same, so that both know when one is to come again. */
export class KnownBlobs {
  readonly #known = new Set<string>();

  has(digest: string): boolean {
    return this.#known.has(digest);
  }

  add(digest: string): void {
    this.#known.add(digest);
    if (this.#known.size <= mostKnown) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }
}
