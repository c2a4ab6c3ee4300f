import type { CheckpointEvent } from '@syncline/events';
import { subjects } from '@syncline/events';
import type { EventLog, StoredEvent } from '@syncline/kernel';
import { CompactRange, isSameHash, leafHashOf, type Hash } from '@syncline/log-proofs';

import type { TreeFile } from './tree-file.js';

/** What differs: the log from what was seen or signed of it, or the file of the tree alone from the log that was signed. */
export type AuditFinding = { readonly kind: 'log' | 'file'; readonly reason: string };

const hashBytes = 32;
const readAhead = 4_096;

/** The hashes of a file in their order, a few thousand at a time. */
class StoredHashes {
  #block: Uint8Array = new Uint8Array();
  #begin = 0;
  #next = 0;

  constructor(private readonly file: Pick<TreeFile, 'stored'>) {}

  /** Whether the next hash is this one. */
  async isNext(hash: Hash): Promise<boolean> {
    let at = (this.#next - this.#begin) * hashBytes;
    if (at >= this.#block.length) {
      this.#block = await this.file.stored(this.#next, readAhead);
      this.#begin = this.#next;
      at = 0;
    }
    this.#next += 1;
    return isSameHash(this.#block.subarray(at, at + hashBytes), hash);
  }
}

type Signed = { readonly size: number; readonly root: string };

/** The checkpoints of the log, in their order. */
async function* signedCheckpoints(log: EventLog): AsyncGenerator<Signed> {
  for await (const { events } of log.scan({ subjects: [subjects.log()] }))
    for (const event of events as readonly StoredEvent<CheckpointEvent>[])
      if (event.type === 'CheckpointSigned') yield { size: event.data.size, root: event.data.root };
}

const hex = (hash: Hash): string => Buffer.from(hash).toString('hex');

/** Compares the tree of the log as it is now with the hashes that were kept, and with the checkpoints that were signed. */
class Audit {
  /** The first message whose hashes are not those of the file. */
  differs: number | undefined;
  /** The last message up to which a checkpoint was found to be right. */
  proven = 0;
  readonly #made: Hash[] = [];
  readonly #range = new CompactRange((_height, _index, hash) => void this.#made.push(hash));

  constructor(
    private readonly stored: StoredHashes,
    private readonly checkpoints: AsyncIterator<Signed>,
  ) {}

  get size(): number {
    return this.#range.size;
  }

  async add(leaf: Hash, isKept: boolean): Promise<void> {
    this.#range.append(leaf);
    for (const hash of this.#made.splice(0))
      if (isKept && !(await this.stored.isNext(hash))) this.differs ??= this.#range.size;
  }

  /** Whether the next checkpoints, if they are of this size, have the root that the log has now. */
  async isAsSigned(next: IteratorResult<Signed>): Promise<[boolean, IteratorResult<Signed>]> {
    let one = next;
    for (; one.done !== true && one.value.size <= this.size; one = await this.checkpoints.next()) {
      if (one.value.size < this.size) continue;
      if (one.value.root !== hex(this.#range.root())) return [false, one];
      this.proven = this.size;
    }
    return [true, one];
  }
}

const notAsSigned = (size: number, proven: number): AuditFinding => ({
  kind: 'log',
  reason: `messages ${proven + 1} to ${size} are not those that the checkpoint over ${size} messages was signed for`,
});

/** What there is to be said of a log that was read up to its end. */
const conclude = ({ differs, proven, size }: Audit, kept: number): AuditFinding | undefined => {
  if (size < kept) return { kind: 'log', reason: `message ${size + 1} is missing, and ${kept} were seen` };
  if (differs === undefined) return undefined;
  // A signature over the log as it is now says that it is the file that was damaged.
  return differs <= proven
    ? { kind: 'file', reason: `its hashes of message ${differs} are not those of the log that was signed` }
    : { kind: 'log', reason: `message ${differs} is another one than was seen` };
};

/** Reads the log up to where the file reaches, and says the first thing that is wrong; nothing where all is well. */
export const auditTree = async (
  log: EventLog,
  file: Pick<TreeFile, 'stored' | 'size'>,
  signal: AbortSignal,
): Promise<AuditFinding | undefined> => {
  const [kept, checkpoints] = [file.size, signedCheckpoints(log)];
  const audit = new Audit(new StoredHashes(file), checkpoints);
  let next = await checkpoints.next();
  try {
    for await (const { message } of log.scan({})) {
      if (signal.aborted) return undefined;
      if (message.sequence !== audit.size + 1)
        return { kind: 'log', reason: `message ${audit.size + 1} is missing` };
      await audit.add(leafHashOf(message), audit.size < kept);
      if (next.done === true || next.value.size > audit.size) continue;
      const [isAsSigned, following] = await audit.isAsSigned(next);
      if (!isAsSigned)
        return audit.differs !== undefined && audit.differs > audit.proven
          ? conclude(audit, 0)
          : notAsSigned(audit.size, audit.proven);
      next = following;
    }
    return conclude(audit, kept);
  } finally {
    await checkpoints.return(undefined);
  }
};
