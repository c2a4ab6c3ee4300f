import type { Aggregate, DomainEvent } from '@syncline/kernel';

import { decodeOrHalt } from '../decode-or-halt.js';
import { remember, remembering, type Remembered } from '../remembered.js';
import type { RecordedMessages } from './recorded-messages.js';

/** A state as it was, and the sequence of the last message that it holds. */
export type PastState<State> = { readonly remembered: Remembered<State>; readonly sequence: number };

/**
 * The states of aggregates as they were at any point of a recorded log. Those of the last `keptBack` messages are remembered: what is asked
 * for in the order of the log is folded once. What is older is folded again.
 */
export class PastStates {
  readonly #known = new Map<string, PastState<unknown>[]>();

  constructor(
    private readonly messages: RecordedMessages,
    private readonly keptBack: number,
  ) {}

  async at<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    upTo: number,
  ): Promise<PastState<S>> {
    const key = `${aggregate.name}|${subject}`;
    const states = (this.#known.get(key) ?? []) as PastState<S>[];
    const last = this.messages.lastOf(subject, upTo);
    const known = states.findLast(({ sequence }) => sequence <= last);
    if (known?.sequence === last) return known;
    const folded = await this.#fold(aggregate, subject, known ?? nothing(aggregate), last);
    const isNext = states.length === 0 || known === states.at(-1);
    if (isNext) this.#known.set(key, this.#kept([...states, ...folded]));
    return folded.at(-1) ?? known ?? nothing(aggregate);
  }

  /** Each state after another, up to a message. */
  async #fold<S, C, E extends DomainEvent>(
    { decider }: Aggregate<S, C, E>,
    subject: string,
    from: PastState<S>,
    upTo: number,
  ): Promise<readonly PastState<S>[]> {
    let { remembered } = from;
    return (await this.messages.read(subject, from.sequence, upTo)).map((message) => {
      remembered = remember(decider, remembered, decodeOrHalt(message));
      return { remembered, sequence: message.sequence };
    });
  }

  #kept<S>(states: PastState<S>[]): PastState<S>[] {
    const floor = (states.at(-1)?.sequence ?? 0) - this.keptBack;
    const first = states.findLastIndex(({ sequence }) => sequence <= floor);
    return first > 0 ? states.slice(first) : states;
  }
}

const nothing = <S, C, E extends DomainEvent>({ decider }: Aggregate<S, C, E>): PastState<S> => ({
  remembered: remembering(decider.initial),
  sequence: 0,
});
