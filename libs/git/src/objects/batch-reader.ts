import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

import { GitError } from '../git-error.js';
import { gitEnvironment } from '../process/run-git.js';

/** An object as `git cat-file --batch` gives it. */
export type RawObject = { readonly oid: string; readonly type: string; readonly bytes: Buffer };

type Waiting = {
  readonly name: string;
  readonly maxBytes: number;
  readonly resolve: (object: RawObject | undefined) => void;
  readonly reject: (error: unknown) => void;
};

/** What is larger than this git hands through in pieces, and does not take into its own memory as a whole. */
const wholeBytes = 16 * 1024 * 1024;
const defaultMaxBytes = 64 * 1024 * 1024;

/** Objects of a repository through one `git cat-file --batch` that stays open; it is started when first asked. */
export class BatchReader {
  #child: ChildProcessWithoutNullStreams | undefined;
  #waiting: Waiting[] = [];
  #pieces: Buffer[] = [];
  #buffered = 0;
  #needed = 0;

  constructor(private readonly dir: string) {}

  /**
   * The object that a name stands for; undefined where there is none. The name must not hold a line break. Throws `too-large` where
   * it has more bytes than that, 64 MiB where absent: a few kilobytes of a pack can stand for any number of them.
   */
  read(name: string, maxBytes = defaultMaxBytes): Promise<RawObject | undefined> {
    return new Promise((resolve, reject) => {
      this.#ask({ name, maxBytes, resolve, reject });
    });
  }

  #ask(waiting: Waiting): void {
    const child = (this.#child ??= this.#start());
    this.#waiting.push(waiting);
    child.stdin.write(`${waiting.name}\n`);
  }

  close(): Promise<void> {
    const child = this.#child;
    if (!child) return Promise.resolve();
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.stdin.end();
    return ended;
  }

  #start(): ChildProcessWithoutNullStreams {
    const settings = ['-c', `core.bigFileThreshold=${wholeBytes}`];
    const child = spawn('git', ['--git-dir', this.dir, ...settings, 'cat-file', '--batch'], {
      env: gitEnvironment(),
    });
    child.stdin.on('error', () => undefined);
    child.stderr.resume();
    child.stdout.on('data', (data: Buffer) => {
      if (child === this.#child) this.#take(data);
    });
    child.on('error', () => this.#ended(child));
    child.on('close', () => this.#ended(child));
    return child;
  }

  #forget(): void {
    this.#child = undefined;
    this.#pieces = [];
    this.#buffered = 0;
    this.#needed = 0;
  }

  /** What is too large is not read to its end: a new child answers those that wait behind it. */
  #refuse(bytes: number): void {
    const [refused, ...behind] = this.#waiting.splice(0);
    this.#child?.kill('SIGKILL');
    this.#forget();
    const limit = `${((refused?.maxBytes ?? 0) / 1024 / 1024).toFixed(0)} MiB`;
    const sentence = `has ${bytes} bytes, more than the ${limit} that are read`;
    refused?.reject(new GitError('too-large', `the Git object ${refused.name} ${sentence}`, refused.name));
    for (const waiting of behind) this.#ask(waiting);
  }

  #ended(child: ChildProcessWithoutNullStreams): void {
    if (child !== this.#child) return;
    this.#forget();
    const error = new GitError('git-failed', 'git cat-file ended before it answered', this.dir);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #take(data: Buffer): void {
    this.#pieces.push(data);
    this.#buffered += data.length;
    if (this.#buffered < this.#needed) return;
    const child = this.#child;
    let buffer: Buffer = Buffer.concat(this.#pieces);
    for (;;) {
      const rest = this.#answer(buffer);
      if (child !== this.#child) return;
      if (!rest) break;
      buffer = rest;
    }
    this.#pieces = [buffer];
    this.#buffered = buffer.length;
  }

  /** Answers the first that waits, out of `<oid> <type> <size>\n<bytes>\n`; gives what is left, or undefined for too little. */
  #answer(buffer: Buffer): Buffer | undefined {
    const line = buffer.indexOf(10);
    this.#needed = buffer.length + 1;
    if (line < 0) return undefined;
    const header = buffer.toString('utf8', 0, line);
    const match = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(header);
    if (!match) {
      this.#waiting.shift()?.resolve(undefined);
      return buffer.subarray(line + 1);
    }
    const size = Number(match[3]);
    if (size > (this.#waiting[0]?.maxBytes ?? defaultMaxBytes)) {
      this.#refuse(size);
      return undefined;
    }
    const end = line + 1 + size;
    this.#needed = end + 1;
    if (buffer.length < this.#needed) return undefined;
    const [oid, type] = [match[1] ?? '', match[2] ?? ''];
    this.#waiting.shift()?.resolve({ oid, type, bytes: Buffer.from(buffer.subarray(line + 1, end)) });
    return buffer.subarray(end + 1);
  }
}
