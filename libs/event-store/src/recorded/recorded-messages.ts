import type { LogMessage } from '@syncline/kernel';

/** A recorded log that is read again: of a file, or of what lies in memory. It does not grow while it is read. */
export interface RecordedMessages {
  /** The messages of a subject after a sequence and up to another, in order. */
  read(subject: string, after: number, upTo: number): Promise<readonly LogMessage[]>;
  /** The sequence of the last message of a subject up to a sequence; 0 where there is none. */
  lastOf(subject: string, upTo: number): number;
  /** The subjects that match a filter and hold a message up to a sequence. */
  subjects(filter: string, upTo: number): readonly string[];
}

/** Where each subject's messages stand, in order; eight bytes for each message. */
export class SubjectIndex {
  readonly #sequences = new Map<string, number[]>();

  add(subject: string, sequence: number): void {
    const known = this.#sequences.get(subject);
    if (known) known.push(sequence);
    else this.#sequences.set(subject, [sequence]);
  }

  /** The sequences of a subject after one and up to another. */
  between(subject: string, after: number, upTo: number): readonly number[] {
    const all = this.#sequences.get(subject) ?? [];
    return all.slice(firstAfter(all, after), firstAfter(all, upTo));
  }

  lastOf(subject: string, upTo: number): number {
    const all = this.#sequences.get(subject) ?? [];
    return all[firstAfter(all, upTo) - 1] ?? 0;
  }

  /** The subjects for which a question is answered with yes, and that hold a message up to a sequence. */
  subjects(matches: (subject: string) => boolean, upTo: number): readonly string[] {
    return [...this.#sequences].flatMap(([subject, [first = Infinity]]) =>
      first <= upTo && matches(subject) ? [subject] : [],
    );
  }
}

/** The index of the first number that is larger; the length where none is. */
const firstAfter = (sorted: readonly number[], number: number): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  return low;
};
