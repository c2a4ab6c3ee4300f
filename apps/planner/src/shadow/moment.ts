import { AsyncLocalStorage } from 'node:async_hooks';

import type { Moment } from '@syncline/event-store';
import type { Clock, DomainEvent, StoredEvent } from '@syncline/kernel';

import { written } from './compare.js';

/** Something that the planner would need and that the record does not hold. */
export class NotRecorded extends Error {
  override readonly name = 'NotRecorded';
}

/** Where the planner is put to decide again. */
export type ShadowMoment = Moment & {
  /** What it reacts to. */
  readonly event: StoredEvent;
  /** What the record says that it decided, where that is known: what came from outside is taken from there. */
  readonly recorded: readonly StoredEvent[];
  /** RFC 3339: what its clock shows. */
  readonly now: string;
  /** Moments of one kind follow each other in the order of the log: what is remembered from one to the next is right. */
  readonly isInOrder: boolean;
};

/** What the planner came to at a moment. */
export type Tried = {
  /** What it would append, by subject; several where more than one reaction would. */
  readonly decided: ReadonlyMap<string, readonly (readonly DomainEvent[])[]>;
  /** The subjects that it looked at. */
  readonly looked: ReadonlySet<string>;
  readonly error?: unknown;
};

const moments = new AsyncLocalStorage<ShadowMoment>();

/** The moment that this code runs at; what a failed reaction left running keeps its own. */
export const currentMoment = (): ShadowMoment => {
  const moment = moments.getStore();
  if (!moment) throw new TypeError('nothing of the planner runs outside a moment of the record');
  return moment;
};

/** The clock of the moment. */
export const momentClock: Clock = { now: () => new Date(currentMoment().now) };

/** Does something at a moment, and gives what it came to. */
export const tryAt = async (
  moment: Omit<ShadowMoment, 'decided' | 'looked'>,
  work: () => Promise<void>,
): Promise<Tried> => {
  const decided = new Map<string, (readonly DomainEvent[])[]>();
  const looked = new Set<string>();
  const own: ShadowMoment = {
    ...moment,
    decided: (subject, events) => {
      // What does not fit its schema cannot be appended either: the reaction fails there.
      written(events);
      decided.set(subject, [...(decided.get(subject) ?? []), events]);
    },
    looked: (subject) => looked.add(subject),
  };
  try {
    await moments.run(own, work);
    return { decided, looked };
  } catch (error) {
    return { decided, looked, error };
  }
};
