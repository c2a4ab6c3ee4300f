import type { LogMessage, StoredEvent } from '@syncline/kernel';

/** One message that a consumer delivered and that is not acknowledged yet. */
export type Delivery = {
  readonly message: LogMessage;
  /** How many messages of the consumer's were not delivered yet when this one was. */
  readonly pending?: number;
  /** Whether it was delivered before, and nobody acknowledged it in time. */
  readonly isRepeated?: boolean;
  /** Tells the server that the message is handled. */
  ack(): void;
  /** Tells the server that the message is still being handled, before it delivers it again. */
  working(): void;
};

/** Where deliveries of one reaction come from: a durable consumer, or the log in memory. */
export interface DeliverySource {
  open(deliver: (delivery: Delivery) => void): Promise<() => Promise<void>>;
}

/** Handles one event; what it appends names the event as its cause, so a repeat decides nothing. */
export type EventHandler = (event: StoredEvent) => Promise<void>;

/** A reaction: its durable name, what it listens to, and a handler by event type. */
export type ReactionPlan = {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly handlers: ReadonlyMap<string, readonly EventHandler[]>;
};
