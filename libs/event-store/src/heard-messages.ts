import type { LogMessage } from '@syncline/kernel';

/** A message that was delivered to this process; `previous` is the sequence before it on its subject, 0 where it is the first. */
export type HeardMessage = LogMessage & { readonly previous: number };

/** What a message takes beside its bytes. */
const aroundBytes = 500;
const sizeOf = ({ bytes }: HeardMessage): number => bytes.length + aroundBytes;
/** Of one subject; who does not fold them by then reads the log. */
const mostOfSubject = 16;

/** Messages that were delivered and not folded yet, so that they need not be read once more. Bounded; the oldest subjects go first. */
export class HeardMessages {
  readonly #bySubject = new Map<string, HeardMessage[]>();
  #bytes = 0;

  constructor(private readonly boundBytes: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** A message that comes again, or is older than what was heard, changes nothing. */
  hear(message: HeardMessage): void {
    const kept = this.#bySubject.get(message.subject) ?? [];
    const last = kept.at(-1)?.sequence;
    if (last !== undefined && message.sequence <= last) return;
    if (last !== undefined && (message.previous !== last || kept.length >= mostOfSubject))
      this.#forget(message.subject);
    const chain = this.#bySubject.get(message.subject) ?? [];
    chain.push(message);
    this.#bySubject.set(message.subject, chain);
    this.#bytes += sizeOf(message);
    for (const [oldest] of this.#bySubject) {
      if (this.#bytes <= this.boundBytes || oldest === message.subject) return;
      this.#forget(oldest);
    }
  }

  /** What follows a sequence of a subject without a gap; it is not kept any more. */
  take(subject: string, after: number): readonly LogMessage[] {
    const kept = this.#bySubject.get(subject);
    if (!kept) return [];
    const rest = kept.filter(({ sequence }) => sequence > after);
    if (rest.length > 0 && rest[0]?.previous !== after) return [];
    this.#forget(subject);
    return rest;
  }

  #forget(subject: string): void {
    for (const message of this.#bySubject.get(subject) ?? []) this.#bytes -= sizeOf(message);
    this.#bySubject.delete(subject);
  }
}
