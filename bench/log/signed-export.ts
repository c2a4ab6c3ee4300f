import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import {
  announceKey,
  blobReferencesOf,
  CompactRange,
  exportFrames,
  formatVerifier,
  KnownBlobs,
  leafHashOf,
  signCheckpoint,
  signerOf,
} from '@syncline/log-proofs';
import { sha256Hex } from '@syncline/kernel';

import { fleetHistory } from './fleet-history.ts';

const origin = 'syncline/bench';
const signer = signerOf(origin, new Uint8Array(32).fill(1));
const key = formatVerifier(signer.verifier);
/** As many messages as a busy fleet writes between two checkpoints. */
const checkpointEvery = 2_000;
/** Documents of usual size, which messages name in turn. */
const blobs = new Map(
  Array.from({ length: 5_000 }, (_, at) => {
    const bytes = Buffer.from(JSON.stringify({ at, objects: 'x'.repeat(2_000) }));
    return [sha256Hex(bytes), bytes] as const;
  }),
);
const digests = [...blobs.keys()];

const envelope = (type: string, data: object): string =>
  JSON.stringify([{ specversion: '1.0', id: 'i', type, source: '/syncline/api', subject: 'ev.log', time: '2026-05-04T14:31:07Z',
    dataschema: `syncline:${type}:1`, datacontenttype: 'application/json', data, correlationid: 'c', actor: 'service:api' }]); // prettier-ignore

/** Writes an export as api does, frame by frame. */
class Writer {
  readonly #range = new CompactRange();
  readonly #known = new KnownBlobs();
  readonly #digest = createHash('sha256');
  #waiting: Uint8Array[] = [];

  readonly #write: (chunk: Uint8Array) => Promise<unknown>;

  constructor(write: (chunk: Uint8Array) => Promise<unknown>) {
    this.#write = write;
  }

  get size(): number {
    return this.#range.size;
  }

  add(frame: Uint8Array): void {
    this.#waiting.push(frame);
  }

  async flush(): Promise<void> {
    const chunk = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#digest.update(chunk);
    await this.#write(chunk);
  }

  message(subject: string, bytes: Uint8Array): void {
    const sequence = this.size + 1;
    const message = { sequence, subject, recordedAtNs: 1_777_905_068_000_000_000n + BigInt(sequence), bytes };
    const leaf = leafHashOf(message);
    this.#range.append(leaf);
    this.add(exportFrames.message(message, leaf));
    for (const { digest } of blobReferencesOf(JSON.parse(Buffer.from(bytes).toString()))) {
      if (this.#known.has(digest)) continue;
      this.#known.add(digest);
      this.add(exportFrames.blob(digest, blobs.get(digest) ?? Buffer.alloc(0)));
    }
  }

  checkpoint(): { size: number; root: string; note: string } {
    const root = this.#range.root();
    const note = signCheckpoint({ origin, size: this.size, root }, [signer]);
    this.add(exportFrames.checkpoint(note));
    return { size: this.size, root: Buffer.from(root).toString('hex'), note };
  }

  async end(): Promise<void> {
    await this.flush();
    await this.#write(exportFrames.end(this.#digest.digest('hex')));
  }
}

/** How many messages the log of so many events has, with those by which it is signed. */
const sizeOf = (events: number): number => {
  let size = 1;
  let sinceCheckpoint = 0;
  const history = fleetHistory(events);
  while (history.next().done !== true) {
    size += 1;
    sinceCheckpoint += 1;
    if (sinceCheckpoint % checkpointEvery === 0) size += 1;
  }
  return size;
};

/** Writes a whole, signed log of a fleet's history into a file. */
export const writeSignedExport = async (file: string, events: number): Promise<void> => {
  const handle = await open(file, 'w');
  const writer = new Writer((chunk) => handle.write(chunk));
  writer.add(exportFrames.title());
  writer.add(exportFrames.header({ origin, size: sizeOf(events), scope: { of: 'all' } }));
  writer.message(
    'ev.log',
    Buffer.from(envelope('CheckpointKeyAnnounced', { origin, key, note: announceKey(signer) })),
  );
  let told = 0;
  for (const { subject, bytes } of fleetHistory(events)) {
    told += 1;
    const digest = digests[told % digests.length] ?? '';
    writer.message(
      subject,
      Buffer.from(bytes.toString().replaceAll(/"digest":"[0-9a-f]{64}"/g, `"digest":"${digest}"`)),
    );
    if (told % checkpointEvery !== 0) continue;
    writer.message(
      'ev.log',
      Buffer.from(envelope('CheckpointSigned', { origin, key, ...writer.checkpoint() })),
    );
    await writer.flush();
  }
  writer.checkpoint();
  await writer.end();
  await handle.close();
};
