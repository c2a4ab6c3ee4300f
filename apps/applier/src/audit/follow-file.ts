import { open, readFile, rename, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const pauseMs = 1_000;
const chunkBytes = 256 * 1024;
const longestLine = 1024 * 1024;

/** How a file is followed. */
export type Following = {
  readonly path: string;
  /** Keeps how far it was read, over restarts; begins at the end of the file where there is none. */
  readonly positionFile?: string | undefined;
  readonly onLine: (line: string) => void;
  /** A line was too long to be one of an audit log, and is passed over. */
  readonly onTooLong: () => void;
  readonly onTrouble: (error: unknown) => void;
  readonly signal: AbortSignal;
};

type Place = { readonly inode: number; readonly offset: number };

const readPlace = async (file: string | undefined): Promise<Place | undefined> => {
  try {
    const kept = JSON.parse(await readFile(file ?? '', 'utf8')) as Partial<Place>;
    return typeof kept.inode === 'number' && typeof kept.offset === 'number' ? (kept as Place) : undefined;
  } catch {
    return undefined;
  }
};

/** Reads lines as they are written: rotated, cut, half written; each whole line once. */
class Follower {
  #file: FileHandle | undefined;
  #inode = 0;
  /** Where the first line begins that was not told yet. */
  #offset = 0;
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #isSkipping = false;

  constructor(private readonly following: Following) {}

  async run(): Promise<void> {
    const { signal, onTrouble, positionFile } = this.following;
    let kept = await readPlace(positionFile);
    let isFirst = true;
    while (!signal.aborted) {
      try {
        if (!this.#file) await this.#open(kept, isFirst && kept === undefined);
        kept = undefined;
        isFirst = false;
        await this.#readOn();
        if (await this.#isAnother()) {
          await this.#readOn();
          await this.#close();
          continue;
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') isFirst = false;
        else onTrouble(error);
        await this.#close();
      }
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
    await this.#close();
  }

  async #open(kept: Place | undefined, atEnd: boolean): Promise<void> {
    const file = await open(this.following.path, 'r');
    const { ino, size } = await file.stat();
    this.#file = file;
    this.#inode = ino;
    const isSame = kept?.inode === ino && kept.offset <= size;
    this.#offset = isSame ? kept.offset : atEnd ? size : 0;
    this.#forget();
  }

  #forget(): void {
    this.#rest = [];
    this.#restBytes = 0;
    this.#isSkipping = false;
  }

  async #close(): Promise<void> {
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
    this.#forget();
  }

  /** The path names another file by now, or this one was cut. */
  async #isAnother(): Promise<boolean> {
    const { ino, size } = await stat(this.following.path);
    return ino !== this.#inode || size < this.#offset;
  }

  async #readOn(): Promise<void> {
    const buffer = new Uint8Array(chunkBytes);
    const before = this.#offset;
    while (!this.following.signal.aborted && this.#file) {
      const { bytesRead } = await this.#file.read(buffer, 0, chunkBytes, this.#offset + this.#restBytes);
      if (bytesRead === 0) break;
      this.#take(buffer.slice(0, bytesRead));
    }
    if (this.#offset !== before) await this.#keepPlace();
  }

  #take(bytes: Uint8Array): void {
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      this.#endLine(bytes.subarray(from, at));
      from = at + 1;
    }
    const rest = bytes.subarray(from);
    if (this.#restBytes + rest.length > longestLine && !this.#isSkipping) {
      this.#isSkipping = true;
      this.following.onTooLong();
    }
    if (!this.#isSkipping) this.#rest.push(rest);
    this.#restBytes += rest.length;
    if (this.#isSkipping) this.#rest = [];
  }

  #endLine(last: Uint8Array): void {
    const length = this.#restBytes + last.length;
    const line = this.#isSkipping ? '' : Buffer.concat([...this.#rest, last]).toString('utf8');
    this.#forget();
    this.#offset += length + 1;
    if (line.trim() !== '') this.following.onLine(line);
  }

  async #keepPlace(): Promise<void> {
    const { positionFile } = this.following;
    if (positionFile === undefined) return;
    await writeFile(`${positionFile}.new`, JSON.stringify({ inode: this.#inode, offset: this.#offset }));
    await rename(`${positionFile}.new`, positionFile);
  }
}

/** Follows a file of lines until the signal; resolves when it is closed. Never throws: what fails is told and tried again. */
export const followFile = (following: Following): Promise<void> => new Follower(following).run();
