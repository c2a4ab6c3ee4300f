import type { Decider } from './decider.js';
import type { Position } from './position.js';

/** What every event has of its own; the envelope around it is made when it is appended. */
export type DomainEvent = { readonly type: string; readonly data: unknown };

/**
 * A kind of aggregate: its decider and the version of its state's shape. Raise `version` when the shape of the
 * state changes, and every snapshot of an older shape is dropped.
 */
export type Aggregate<State, Command, Event extends DomainEvent> = {
  readonly name: string;
  readonly version: number;
  readonly decider: Decider<State, Command, Event>;
};

/** On whose behalf a decision is made: `service:planner`, `person:<id>;auth=token`. Never a name or an address. */
export type Actor = string;

/** Where a command came from; goes into the envelope of the events that it leads to. */
export type Cause = {
  readonly actor: Actor;
  /** One id from commit to healthy. */
  readonly correlationId: string;
  /**
   * The event that this decision reacts to. A decision on a subject is made once per event: the aggregate remembers
   * the highest position it has handled of each causing subject, and decides nothing at or below it.
   */
  readonly reaction?: { readonly subject: string; readonly position: Position };
  /** The event that explains this one, where it is not a reaction (an observation, an outcome). */
  readonly because?: Position;
  /** A client's key: the same key on the same subject decides once. */
  readonly idempotencyKey?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** RFC 3339: when it happened, where that may be long before it can be recorded; the time of the append otherwise. */
  readonly occurredAt?: string;
};

/** An event as it stands in the log. */
export type StoredEvent<Event extends DomainEvent = DomainEvent> = Event & {
  readonly id: string;
  readonly subject: string;
  readonly position: Position;
  /** RFC 3339, by the writer's clock: when it happened. */
  readonly occurredAt: string;
  /** RFC 3339, by the log's server: when it was recorded. */
  readonly recordedAt: string;
  readonly version: number;
  readonly source: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly causationSubject?: string;
  readonly traceparent?: string;
};

/** A folded aggregate and the sequence of the last message on its subject (0 where there is none). */
export type Loaded<State> = { readonly state: State; readonly sequence: number };

/** What a command came to. `events` is empty where nothing had to be decided. */
export type Decided<State, Event extends DomainEvent> = {
  readonly state: State;
  readonly events: readonly StoredEvent<Event>[];
  /** The last event's position, or that of the aggregate's last message where nothing was decided. */
  readonly position: Position;
};

/**
 * The aggregates of the log: load, fold, decide, append, and again on a lost race.
 * Throws {@link CommandRefused} from the decider unchanged, and the adapter's own error where the log is out of reach.
 */
export interface Aggregates {
  /** The state as the log has it. With `since`, the position of what is being reacted to, as this process knows it, where that holds everything up to there. */
  load<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    since?: Position,
  ): Promise<Loaded<S>>;
  decide<S, C, E extends DomainEvent>(
    aggregate: Aggregate<S, C, E>,
    subject: string,
    command: C,
    cause: Cause,
  ): Promise<Decided<S, E>>;
}
/** Injection token of {@link Aggregates}. */
export const Aggregates = Symbol('Aggregates');
