import type { CheckpointEvent } from '@syncline/events';
import { subjects } from '@syncline/events';
import {
  AdapterError,
  blobOwnersOf,
  sha256Running,
  type BlobOwner,
  type BlobStore,
  type EventLog,
  type LogMessage,
  type StoredEvent,
} from '@syncline/kernel';
import {
  blobReferencesOf,
  exportFrames,
  hiddenSubtrees,
  KnownBlobs,
  knownKey,
  type ExportScope,
} from '@syncline/log-proofs';

import type { SignedCheckpoint } from '../checkpoints/checkpoints.js';
import type { LogTree } from '../tree/log-tree.js';
import { shownMessages } from './shown-messages.js';

/** Small frames are sent together. */
const chunkBytes = 256 * 1024;

/** What an export is made of, and the checkpoint that covers it. */
export type ExportParts = {
  readonly log: EventLog;
  readonly blobs: BlobStore;
  readonly tree: Pick<LogTree, 'read'>;
  readonly checkpoint: SignedCheckpoint;
};

type Found = { readonly owner: BlobOwner; readonly bytes: Uint8Array };
type Signed = { readonly size: number; readonly note: string };

/** The checkpoints that the log records after a sequence, over fewer than `size` messages. */
async function* signedBetween(log: EventLog, after: number, size: number): AsyncGenerator<Signed> {
  for await (const { events } of log.scan({ subjects: [subjects.log()], afterSequence: after }))
    for (const event of events as readonly StoredEvent<CheckpointEvent>[])
      if (event.type === 'CheckpointSigned' && event.data.size < size && event.data.size >= after)
        yield event.data;
}

/** Up to where the checkpoints of an export are left out: in a part their sizes are hidden, and their roots cannot be compared. */
const firstCheckpointOf = (scope: ExportScope): number | undefined => {
  if (scope.of === 'all') return 0;
  return scope.of === 'segment' ? scope.from - 1 : undefined;
};

const eventsIn = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
};

/** The frames of an export, one after the other; remembers one message and the digests of the last blobs. */
class LogExport {
  readonly #known = new KnownBlobs();
  /** In a segment: whose bytes stand in it already. */
  readonly #written = new KnownBlobs();

  constructor(
    private readonly parts: ExportParts,
    private readonly scope: ExportScope,
  ) {}

  async *frames(): AsyncGenerator<Uint8Array> {
    const { log, checkpoint } = this.parts;
    const { origin, size, note } = checkpoint;
    yield exportFrames.title();
    yield exportFrames.header({ origin, size, scope: this.scope });
    const after = firstCheckpointOf(this.scope);
    const earlier = after === undefined ? undefined : signedBetween(log, after, size);
    let signed = await earlier?.next();
    let next = 1;
    for await (const message of shownMessages(log, this.scope, size)) {
      // The one that a segment begins behind stands behind what is hidden.
      if (signed?.done === false && next <= signed.value.size && signed.value.size < message.sequence) {
        yield* this.#hidden(next, signed.value.size + 1);
        next = signed.value.size + 1;
        yield exportFrames.checkpoint(signed.value.note);
        signed = await earlier?.next();
      }
      yield* this.#hidden(next, message.sequence);
      yield* this.#message(message);
      next = message.sequence + 1;
      for (; signed?.done === false && signed.value.size <= message.sequence; signed = await earlier?.next())
        yield exportFrames.checkpoint(signed.value.note);
    }
    yield* this.#hidden(next, size + 1);
    yield exportFrames.checkpoint(note);
  }

  async *#hidden(first: number, end: number): AsyncGenerator<Uint8Array> {
    for (const [sequence, height] of hiddenSubtrees(first, end)) {
      const hash = await this.parts.tree.read(height, (sequence - 1) / 2 ** height);
      yield exportFrames.hidden(sequence, height, hash);
    }
  }

  async *#message(message: LogMessage): AsyncGenerator<Uint8Array> {
    yield exportFrames.message(message);
    const isSegment = this.scope.of === 'segment';
    for (const { digest } of blobReferencesOf(eventsIn(message.bytes), isSegment)) {
      const key = knownKey(digest, message.subject, isSegment);
      if (this.#known.has(key)) continue;
      const found = await this.#blob(message.subject, digest);
      if (found) this.#known.add(key);
      if (!found) yield exportFrames.missing(digest);
      else if (!isSegment) yield exportFrames.blob(digest, found.bytes);
      else yield this.#ofSegment(digest, found);
    }
  }

  #ofSegment(digest: string, { bytes, owner }: Found): Uint8Array {
    if (this.#written.has(digest)) return exportFrames.same(digest, owner);
    this.#written.add(digest);
    return exportFrames.blob(digest, bytes, owner);
  }

  async #blob(subject: string, digest: string): Promise<Found | undefined> {
    for (const owner of blobOwnersOf(subject)) {
      try {
        return { owner, bytes: await this.parts.blobs.get(owner, digest) };
      } catch (error) {
        const isAbsent =
          error instanceof AdapterError && ['blob-missing', 'blob-damaged'].includes(error.code);
        if (!isAbsent) throw error;
      }
    }
    return undefined;
  }
}

/** An export as its bytes: one file that can be verified with nothing else (docs/export.md). */
export async function* exportLog(parts: ExportParts, scope: ExportScope): AsyncGenerator<Uint8Array> {
  const running = sha256Running();
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const take = (): Uint8Array => {
    const chunk = Buffer.concat(waiting);
    running.update(chunk);
    [waiting, bytes] = [[], 0];
    return chunk;
  };
  for await (const frame of new LogExport(parts, scope).frames()) {
    waiting.push(frame);
    bytes += frame.length;
    if (bytes >= chunkBytes) yield take();
  }
  yield take();
  yield exportFrames.end(running.hex());
}
