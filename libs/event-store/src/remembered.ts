import {
  comparePositions,
  formatPosition,
  parsePosition,
  type Cause,
  type Decider,
  type DomainEvent,
  type StoredEvent,
} from '@syncline/kernel';

const keptIds = 64;

/**
 * An aggregate's state with what makes it decide once: the highest handled position of each causing subject, and the
 * first ids of its latest decisions. Plain JSON, because it goes into snapshots.
 */
export type Remembered<State> = {
  readonly state: State;
  readonly handled: Readonly<Record<string, string>>;
  readonly ids: readonly string[];
};

/** The state before the first event. */
export const remembering = <State>(initial: State): Remembered<State> => ({
  state: initial,
  handled: {},
  ids: [],
});

const later = (known: string | undefined, candidate: string): string => {
  const [a, b] = [parsePosition(known ?? ''), parsePosition(candidate)];
  return known !== undefined && a && b && comparePositions(a, b) >= 0 ? known : candidate;
};

/** Folds the events of one message. */
export const remember = <State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  from: Remembered<State>,
  events: readonly StoredEvent[],
): Remembered<State> => {
  const [first] = events;
  if (!first) return from;
  const { causationSubject, causationId } = first;
  const reacted = causationSubject !== undefined && causationId !== undefined;
  return {
    state: events.reduce((state, event) => decider.evolve(state, event as unknown as Event), from.state),
    handled: reacted
      ? { ...from.handled, [causationSubject]: later(from.handled[causationSubject], causationId) }
      : from.handled,
    ids: [...from.ids, first.id].slice(-keptIds),
  };
};

/** Whether this cause was already decided upon. */
export const hasHandled = (remembered: Remembered<unknown>, cause: Cause, firstId: string): boolean => {
  if (remembered.ids.includes(firstId)) return true;
  if (!cause.reaction) return false;
  const known = parsePosition(remembered.handled[cause.reaction.subject] ?? '');
  return known !== undefined && comparePositions(cause.reaction.position, known) <= 0;
};

/** The position that explains a decision, as the envelope carries it. */
export const causationOf = (cause: Cause): { causationId?: string; causationSubject?: string } => ({
  ...(cause.reaction && {
    causationId: formatPosition(cause.reaction.position),
    causationSubject: cause.reaction.subject,
  }),
  ...(!cause.reaction && cause.because && { causationId: formatPosition(cause.because) }),
});
