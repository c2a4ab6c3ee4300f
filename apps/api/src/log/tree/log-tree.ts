import { setTimeout as delay } from 'node:timers/promises';

import { consistencyProof, inclusionProof, leafHashOf, type Hash } from '@syncline/log-proofs';
import type { EventLog } from '@syncline/kernel';

import type { RequestLog } from '../../requests/log.js';
import { auditTree } from './audit-tree.js';
import { TreeFile } from './tree-file.js';

const retryMs = 500;
const fileName = 'log-tree';

/** What the tree stands on. `halt` is told once, in a sentence, that the log is not the one that was seen. */
export type LogTreeParts = {
  readonly log: EventLog;
  readonly stateDir: string;
  readonly say: RequestLog;
  readonly halt: (reason: string) => void;
};

/** The tree over the log (RFC 6962), kept in a file beside it: it grows as the log does, and answers with proofs. */
export class LogTree {
  readonly #ended = new AbortController();
  readonly #waiting = new Set<() => void>();
  #running: Promise<void> = Promise.resolve();
  #round = new AbortController();
  #flushing: Promise<void> | undefined;
  #halted: string | undefined;

  private constructor(
    private readonly parts: LogTreeParts,
    private readonly file: TreeFile,
  ) {}

  static async open(parts: LogTreeParts): Promise<LogTree> {
    return new LogTree(parts, await TreeFile.open(`${parts.stateDir}/${fileName}`));
  }

  /** Over how many messages there are proofs. */
  get size(): number {
    return this.file.size;
  }

  /** Why the tree is no longer that of the log, where it is not. */
  get halted(): string | undefined {
    return this.#halted;
  }

  /** Compares what it has with the log, then grows with it. */
  start(): void {
    this.#running = this.#run();
  }

  /** Compares once more: after its server was away the log may be another one. */
  auditAgain(): void {
    this.#round.abort();
  }

  /** Resolves when the tree covers so many messages; throws where it does not within a while. */
  async reached(size: number, mostMs: number): Promise<void> {
    const over = AbortSignal.any([AbortSignal.timeout(mostMs), this.#ended.signal]);
    while (this.file.size < size) {
      if (over.aborted) throw new RangeError(`the tree covers ${this.file.size} messages so far`);
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        over.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  rootAt(size: number): Promise<Hash> {
    return this.file.rootAt(size);
  }

  /** The hash of a message's leaf, by its sequence. */
  leafOf(sequence: number): Promise<Hash> {
    return this.file.read(0, sequence - 1);
  }

  /** The hash of a complete subtree. */
  readonly read = (height: number, index: number): Promise<Hash> => this.file.read(height, index);

  inclusion(sequence: number, size: number): Promise<readonly Hash[]> {
    return inclusionProof(this.read, sequence - 1, size);
  }

  consistency(small: number, size: number): Promise<readonly Hash[]> {
    return consistencyProof(this.read, small, size);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#running;
    await this.#flushing;
    await this.file.close();
  }

  async #run(): Promise<void> {
    while (!this.#ended.signal.aborted && this.#halted === undefined) {
      this.#round = new AbortController();
      const signal = AbortSignal.any([this.#ended.signal, this.#round.signal]);
      if (await this.#isSame(signal)) await this.#follow(signal);
      else await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (let afterSequence = this.file.size; !signal.aborted;) {
      try {
        for await (const { message } of this.parts.log.follow({ afterSequence }, signal)) {
          if (message.sequence !== afterSequence + 1) {
            this.#halt(`message ${afterSequence + 1} of the log is missing`);
            return;
          }
          await this.file.append(leafHashOf(message));
          afterSequence = message.sequence;
          this.#flushSoon();
        }
      } catch (error) {
        this.parts.say.warn({ err: error }, 'the tree of the log cannot grow');
      }
      await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** What comes while one write is under way goes into the next one. */
  #flushSoon(): void {
    this.#flushing ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.file.flush())
      .catch((error: unknown) => this.parts.say.warn({ err: error }, 'the tree of the log cannot be written'))
      .finally(() => {
        this.#flushing = undefined;
        for (const wake of this.#waiting) wake();
        this.#waiting.clear();
      });
  }

  /** Whether the log is the one that was seen; makes the file anew where it alone was damaged. */
  async #isSame(signal: AbortSignal): Promise<boolean> {
    try {
      await this.file.flush();
      const finding = await auditTree(this.parts.log, this.file, signal);
      if (signal.aborted) return false;
      if (finding?.kind === 'log') this.#halt(finding.reason);
      if (finding?.kind !== 'file') return finding === undefined;
      this.parts.say.warn({}, `the tree of the log is made anew: ${finding.reason}`);
      await this.file.clear();
      return true;
    } catch (error) {
      if (!signal.aborted) this.parts.say.warn({ err: error }, 'the log cannot be compared with its tree');
      return false;
    }
  }

  #halt(reason: string): void {
    if (this.#halted !== undefined) return;
    this.#halted = reason;
    this.parts.say.error({}, `the log is not the one that was seen: ${reason}`);
    this.parts.halt(reason);
  }
}
