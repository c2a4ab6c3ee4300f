import type { Checkpoint } from '../notes/checkpoint.js';
import { formatVerifier, type Verifier } from '../notes/keys.js';
import { CompactRange } from '../tree/compact-range.js';
import { isSameHash, leafHashOf } from '../tree/hashes.js';
import { hashOfHex, toHex } from './hex.js';
import { KeyChain } from './key-chain.js';
import { mustShowOf, type ExportHeader } from './scope.js';
import { WrongExport } from './wrong-export.js';

const logSubject = 'ev.log';
const decoder = new TextDecoder();

/**
 * The events of a message; nothing where its bytes are no JSON, which a log may hold, or where nothing in them matters
 * here: they name no blob, and are none of the log's own. To parse them all is half of the work.
 */
const eventsIn = (subject: string, bytes: Uint8Array): unknown => {
  const text = decoder.decode(bytes);
  // An escape may stand for any character of the word.
  if (subject !== logSubject && !text.includes('mediaType') && !text.includes('\\u')) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** The root of the tree over so many messages, in hexadecimal digits. */
export type TreeRoot = { readonly size: number; readonly root: string };

/** Leads the messages of an export to the checkpoints that were signed. */
export class TreeCheck {
  readonly chain = new KeyChain();
  checkpoints = 0;
  witnessed = 0;
  /** Up to where a checkpoint was found right, and who signed it. */
  proven = 0;
  signedBy: Verifier | undefined;
  /** The checkpoint that a segment begins behind. */
  before: TreeRoot | undefined;
  readonly #range = new CompactRange();
  /** Notes that were compared and are still to be met as events. */
  readonly #compared = new Map<number, string>();
  readonly #witnessed: Checkpoint[];

  constructor(
    private readonly header: ExportHeader,
    witnessed: readonly Checkpoint[],
  ) {
    this.#witnessed = witnessed
      .filter(({ origin }) => origin === header.origin)
      .sort((a, b) => a.size - b.size);
  }

  /** How many messages there were, shown or hidden. */
  get size(): number {
    return this.#range.size;
  }

  /** Takes a message; gives its events. */
  message(
    [sequence = '', recordedAtNs = '', subject = '', leaf]: readonly string[],
    bytes: Uint8Array,
  ): unknown {
    this.#isNext(sequence, 1);
    if (!/^\d{1,20}$/.test(recordedAtNs)) throw this.#wrong('it does not say when it was recorded');
    const hash = leafHashOf({ subject, recordedAtNs, bytes });
    const stated = hashOfHex(leaf);
    if (!stated || !isSameHash(hash, stated))
      throw this.#wrong('its bytes, subject or time are not those of its leaf');
    const events = eventsIn(subject, bytes);
    if (subject === logSubject) this.#takeLogEvents(events);
    this.#range.append(hash);
    this.#compareWitnessed();
    return events;
  }

  hidden([sequence = '', power = '', hex]: readonly string[]): void {
    const [height, hash] = [Number(power), hashOfHex(hex)];
    if (!/^\d{1,2}$/.test(power) || !hash) throw this.#wrong('what is hidden there is not said');
    this.#isNext(sequence, 2 ** height);
    if (mustShowOf(this.header.scope, this.size + 1, this.size + 2 ** height))
      throw this.#wrong('it is hidden, and the file says that it shows it');
    try {
      this.#range.appendSubtree(height, hash);
    } catch {
      throw this.#wrong(`no ${2 ** height} messages can be hidden there`);
    }
    this.#compareWitnessed();
  }

  checkpoint(note: string): void {
    const { size } = this;
    const { scope } = this.header;
    const opened = this.chain.open(note);
    if (!opened)
      throw this.#unproven(
        `the checkpoint over ${size} messages is not signed by the key that the log announced last`,
      );
    if (opened.origin !== this.header.origin)
      throw this.#unproven(`the checkpoint over ${size} messages is of another log`);
    if (opened.size !== size)
      throw this.#unproven(`a checkpoint over ${opened.size} messages stands behind message ${size}`);
    if (!isSameHash(opened.root, this.#range.root()))
      throw this.#unproven(
        `messages ${this.proven + 1} to ${size} are not those that the checkpoint was signed for`,
      );
    this.proven = size;
    this.signedBy = this.chain.current;
    this.checkpoints += 1;
    this.#compared.set(size, note);
    if (scope.of === 'segment' && size === scope.from - 1) this.before = { size, root: toHex(opened.root) };
  }

  /** The root over all messages so far. */
  get root(): TreeRoot {
    return { size: this.size, root: toHex(this.#range.root()) };
  }

  /** Throws where the tree is not whole, or nobody signed it. */
  end(): Verifier {
    const { scope } = this.header;
    if (this.size !== this.header.size)
      throw this.#wrong(`the file ends there, and is of ${this.header.size} messages`);
    if (this.proven !== this.size || !this.signedBy)
      throw this.#unproven('no checkpoint covers what follows');
    if (scope.of === 'segment' && scope.from > 1 && !this.before)
      throw new WrongExport(
        scope.from,
        `no checkpoint over the ${scope.from - 1} messages before it is there`,
      );
    return this.signedBy;
  }

  /** What is wrong with the message that comes next. */
  #wrong(reason: string): WrongExport {
    return new WrongExport(this.size + 1, reason);
  }

  /** What is wrong somewhere behind the last checkpoint that was right. */
  #unproven(reason: string): WrongExport {
    return new WrongExport(this.proven + 1, reason);
  }

  #isNext(sequence: string, count: number): void {
    const next = this.size + 1;
    if (sequence !== String(next))
      throw this.#wrong(
        /^\d{1,15}$/.test(sequence) ? `message ${sequence} stands in its place` : 'no message stands there',
      );
    if (this.size + count > this.header.size)
      throw this.#wrong(`the file is of ${this.header.size} messages only`);
  }

  #takeLogEvents(events: unknown): void {
    if (!Array.isArray(events)) return;
    for (const event of events as readonly ({ type?: unknown; data?: unknown } | null)[]) {
      if (event?.type === 'CheckpointKeyAnnounced') {
        const trouble = this.chain.announce(event.data);
        if (trouble !== undefined) throw this.#wrong(trouble);
      }
      if (event?.type === 'CheckpointSigned') this.#takeSigned(event.data);
    }
  }

  #takeSigned(data: unknown): void {
    const { size, note } = (data ?? {}) as Record<string, unknown>;
    const compared = this.#compared.get(Number(size));
    const isRight =
      compared === undefined
        ? this.header.scope.of !== 'all' && typeof note === 'string' && this.chain.open(note) !== undefined
        : compared === note;
    if (!isRight)
      throw this.#wrong(
        `the checkpoint over ${String(size)} messages that it records was not signed for this log`,
      );
    this.#compared.delete(Number(size));
  }

  #compareWitnessed(): void {
    for (let next = this.#witnessed[0]; next && next.size <= this.size; next = this.#witnessed[0]) {
      this.#witnessed.shift();
      if (next.size < this.size) continue;
      if (!isSameHash(next.root, this.#range.root()))
        throw this.#unproven(
          `the witness has another checkpoint over ${next.size} messages than they lead to`,
        );
      this.witnessed += 1;
    }
  }

  /** Who signed, for people. */
  get key(): string {
    return this.signedBy ? formatVerifier(this.signedBy) : '';
  }
}
