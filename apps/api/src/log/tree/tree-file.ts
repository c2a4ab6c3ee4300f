import {
  CompactRange,
  sizeOfStored,
  storedCount,
  storedIndex,
  subtreesOf,
  type Hash,
} from '@syncline/log-proofs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const hashBytes = 32;
/** So many hashes are written at once where many messages come. */
const mostWaiting = 4_096;

/**
 * The hashes of the log's tree: every complete subtree's, in the order in which they become complete, so that a proof
 * reads a few dozen of them and never the log. The log is the truth: the file can be removed, and is made anew.
 */
export class TreeFile {
  readonly #waiting: Hash[] = [];
  #size: number;
  #flushing: Promise<void> | undefined;
  #range: CompactRange;

  private constructor(
    private readonly file: FileHandle,
    size: number,
    hashes: readonly Hash[],
  ) {
    this.#range = CompactRange.of(size, hashes, (_height, _index, hash) => void this.#waiting.push(hash));
    this.#size = size;
  }

  /** Opens the file, or begins it. What of a leaf was not written to its end is cut off. */
  static async open(path: string): Promise<TreeFile> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+', 0o600).then(async (made) => {
      await made.close();
      return open(path, 'r+');
    });
    const { size: bytes } = await file.stat();
    const size = sizeOfStored(Math.floor(bytes / hashBytes));
    await file.truncate(storedCount(size) * hashBytes);
    const hashes: Hash[] = [];
    for (const { height, index } of subtreesOf(size))
      hashes.push(await readAt(file, storedIndex(height, index)));
    return new TreeFile(file, size, hashes);
  }

  /** How many leaves are written. */
  get size(): number {
    return this.#size;
  }

  /** Appends the next leaf; it counts once it is flushed. */
  async append(leaf: Hash): Promise<void> {
    this.#range.append(leaf);
    if (this.#waiting.length >= mostWaiting) await this.flush();
  }

  /** Writes what was appended until now. What cannot be written is kept, and written with the next. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#flushing ??= this.#write().finally(() => (this.#flushing = undefined));
      await this.#flushing;
    }
  }

  async #write(): Promise<void> {
    const [count, size, at] = [this.#waiting.length, this.#range.size, storedCount(this.#size)];
    const hashes = Buffer.concat(this.#waiting);
    await this.file.write(hashes, 0, hashes.length, at * hashBytes);
    this.#waiting.splice(0, count);
    this.#size = size;
  }

  /** The hash of a complete subtree. */
  readonly read = async (height: number, index: number): Promise<Hash> =>
    readAt(this.file, storedIndex(height, index));

  /** The root over the first leaves. Throws RangeError where there are not so many. */
  async rootAt(size: number): Promise<Hash> {
    if (size > this.#size) throw new RangeError(`the tree has ${this.#size} leaves`);
    const hashes: Hash[] = [];
    for (const { height, index } of subtreesOf(size)) hashes.push(await this.read(height, index));
    return CompactRange.of(size, hashes).root();
  }

  /** The stored hashes `[begin, begin + count)`, in their order; fewer at the end of the file. */
  async stored(begin: number, count: number): Promise<Uint8Array> {
    const { bytesRead, buffer } = await this.file.read(
      Buffer.alloc(count * hashBytes),
      0,
      count * hashBytes,
      begin * hashBytes,
    );
    return buffer.subarray(0, bytesRead);
  }

  /** Begins anew, without a leaf. */
  async clear(): Promise<void> {
    this.#waiting.length = 0;
    this.#size = 0;
    this.#range = new CompactRange((_height, _index, hash) => void this.#waiting.push(hash));
    await this.file.truncate(0);
  }

  async close(): Promise<void> {
    await this.flush();
    await this.file.close();
  }
}

const readAt = async (file: FileHandle, index: number): Promise<Hash> => {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(hashBytes), 0, hashBytes, index * hashBytes);
  if (bytesRead !== hashBytes) throw new RangeError(`hash ${index} of the tree is not written`);
  return buffer;
};
