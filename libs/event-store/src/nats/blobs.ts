import { setTimeout as delay } from 'node:timers/promises';

import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { sha256Hex, type BlobOwner, type BlobRef, type BlobStore } from '@syncline/kernel';
import { z } from 'zod';

import { EventStoreError } from '../event-store-error.js';
import { blobsStream } from '../streams.js';
import { classify, isPresent } from './classify.js';

const chunkBytes = 512 * 1024;
const putTimeoutMs = 15_000;

const blobHead = z.object({ size: z.int(), mediaType: z.string(), chunks: z.int().nonnegative() });
type Head = z.infer<typeof blobHead>;

/** Looks for a message where a node had none: it may only be behind the others. */
export type LookAgain = (subject: string) => Promise<Uint8Array | undefined>;

const subjectOf = (owner: BlobOwner, digest: string): string => `blob.${owner}.${digest}`;

const damaged = (digest: string, cause?: unknown): EventStoreError =>
  new EventStoreError('blob-damaged', `blob ${digest} does not have its digest`, digest, cause);

const readHead = (line: Uint8Array, digest: string): Head => {
  try {
    return blobHead.parse(JSON.parse(new TextDecoder().decode(line)));
  } catch (cause) {
    throw damaged(digest, cause);
  }
};

const lookEveryMs = 50;
const looks = 20;

/** Looks for a second: who may not ask the stream's leader can only wait for a node that is behind. */
export const lookPatiently = async (
  jsm: JetStreamManager,
  subject: string,
): Promise<Uint8Array | undefined> => {
  for (let look = 0; look < looks; look += 1) {
    await delay(lookEveryMs, undefined, { ref: false });
    const stored = await jsm.direct.getMessage(blobsStream, { last_by_subj: subject });
    if (stored) return stored.data;
  }
  return undefined;
};

/**
 * Blobs in stream BLOBS: chunks of 512 KiB under `blob.<owner>.<sha256>.<n>`, then the head under
 * `blob.<owner>.<sha256>`, so that a head without its chunks does not exist. A small blob is its head's second line.
 */
export class NatsBlobStore implements BlobStore {
  constructor(
    private readonly js: JetStreamClient,
    private readonly jsm: JetStreamManager,
    private readonly lookAgain: LookAgain,
  ) {}

  async put(owner: BlobOwner, bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const digest = sha256Hex(bytes);
    const subject = subjectOf(owner, digest);
    const chunks = bytes.length > chunkBytes ? Math.ceil(bytes.length / chunkBytes) : 0;
    for (let index = 0; index < chunks; index += 1) {
      await this.#store(`${subject}.${index}`, bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes));
    }
    const head: Head = { size: bytes.length, mediaType, chunks };
    const line = new TextEncoder().encode(`${JSON.stringify(head)}\n`);
    await this.#store(subject, chunks === 0 ? Buffer.concat([line, bytes]) : line);
    return { digest, size: bytes.length, mediaType };
  }

  async get(owner: BlobOwner, digest: string): Promise<Uint8Array> {
    const subject = subjectOf(owner, digest);
    const stored = await this.#read(subject, digest);
    const end = stored.indexOf(10);
    const head = readHead(stored.subarray(0, end), digest);
    const parts = [stored.subarray(end + 1)];
    for (let index = 0; index < head.chunks; index += 1)
      parts.push(await this.#read(`${subject}.${index}`, digest));
    const bytes = new Uint8Array(Buffer.concat(parts));
    if (sha256Hex(bytes) !== digest) throw damaged(digest);
    return bytes;
  }

  async #store(subject: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.js.publish(subject, bytes, { timeout: putTimeoutMs });
    } catch (error) {
      if (!isPresent(error)) throw classify(error, `store ${subject}`);
    }
  }

  async #read(subject: string, digest: string): Promise<Uint8Array> {
    const bytes = await this.#find(subject).catch((error: unknown) => {
      throw classify(error, `read ${subject}`);
    });
    if (!bytes) throw new EventStoreError('blob-missing', `blob ${digest} is not in the store`, digest);
    return bytes;
  }

  async #find(subject: string): Promise<Uint8Array | undefined> {
    const stored = await this.jsm.direct.getMessage(blobsStream, { last_by_subj: subject });
    return stored?.data ?? (await this.lookAgain(subject));
  }
}
