/**
 * A pure aggregate: what may happen (`decide`) and what it means (`evolve`). No clock, ids, randomness, I/O or
 * `async`: time and ids come in the command. A repeated command decides `[]`; an illegal one throws
 * {@link CommandRefused}. The shape follows the decider pattern of functional event sourcing.
 */
export type Decider<State, Command, Event> = {
  readonly initial: State;
  readonly decide: (state: State, command: Command) => readonly Event[];
  readonly evolve: (state: State, event: Event) => State;
};

/** Folds a history into a state. Total: any history of known events folds. */
export const fold = <State, Command, Event>(
  decider: Decider<State, Command, Event>,
  history: Iterable<Event>,
  from: State = decider.initial,
): State => {
  let state = from;
  for (const event of history) state = decider.evolve(state, event);
  return state;
};
