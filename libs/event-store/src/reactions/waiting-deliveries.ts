import type { Delivery } from './delivery.js';

/**
 * How many deliveries one subject may hold while there is room, and how many all hold before each may hold but one: far
 * below what the server hands out unacknowledged, so that no subject starves another.
 */
export const usualRoom = { ofSubject: 32, ofAll: 2_500 } as const;
export type Room = { readonly ofSubject: number; readonly ofAll: number };

type Waiting = {
  readonly deliveries: Delivery[];
  /** The last of those that were given back to the log; 0 where none was. */
  leftUpTo: number;
};

/**
 * Deliveries that wait for their subject's turn, bounded. What a subject has no room for is acknowledged and left in the
 * log, to be read there. That loses nothing: the last delivery that is held is not acknowledged before what was left
 * behind it is handled, and a reaction that starts is given everything again after the first that is not acknowledged.
 */
export class WaitingDeliveries {
  readonly #of = new Map<string, Waiting>();
  #held = 0;

  constructor(private readonly room: Room = usualRoom) {}

  /** How many deliveries are held. */
  get held(): number {
    return this.#held;
  }

  /** When the oldest delivery that is held was recorded, nanoseconds since the epoch; undefined where none is. */
  get oldestNs(): bigint | undefined {
    const times = [...this.#of.values()].flatMap(
      ({ deliveries }) => deliveries[0]?.message.recordedAtNs ?? [],
    );
    return times.reduce<bigint | undefined>(
      (oldest, time) => (oldest !== undefined && oldest < time ? oldest : time),
      undefined,
    );
  }

  /** Holds a delivery, or leaves it to the log. True where it is the first of its subject. */
  take(delivery: Delivery): boolean {
    const { subject, sequence } = delivery.message;
    const waiting = this.#of.get(subject);
    if (!waiting) {
      this.#of.set(subject, { deliveries: [delivery], leftUpTo: 0 });
      this.#held += 1;
      return true;
    }
    const [first, last] = [waiting.deliveries[0], waiting.deliveries.at(-1)];
    if (last && sequence <= last.message.sequence) {
      // They come in order, so what lies before the first was handled and only comes again.
      if (first && sequence < first.message.sequence) delivery.ack();
      return false;
    }
    if (waiting.leftUpTo === 0 && this.#hasRoom(waiting)) {
      waiting.deliveries.push(delivery);
      this.#held += 1;
      return false;
    }
    waiting.leftUpTo = Math.max(waiting.leftUpTo, sequence);
    delivery.ack();
    return false;
  }

  /** The next delivery of a subject. */
  next(subject: string): Delivery | undefined {
    return this.#of.get(subject)?.deliveries[0];
  }

  /** Up to which sequence a subject's deliveries were left to the log after its only one that is held; 0 where none were. */
  leftBehindLast(subject: string): number {
    const waiting = this.#of.get(subject);
    return waiting?.deliveries.length === 1 ? waiting.leftUpTo : 0;
  }

  /** The next delivery of a subject is done with, and so is what was left behind it where it was the last. */
  done(subject: string): void {
    const waiting = this.#of.get(subject);
    if (!waiting) return;
    if (waiting.deliveries.shift()) this.#held -= 1;
    if (waiting.deliveries.length === 0) this.#of.delete(subject);
  }

  /** Lets go of everything that a subject holds; what is not acknowledged comes again at the next start. */
  drop(subject: string): void {
    this.#held -= this.#of.get(subject)?.deliveries.length ?? 0;
    this.#of.delete(subject);
  }

  /** Tells the server that everything held is still ours. */
  keepAlive(): void {
    for (const { deliveries } of this.#of.values()) for (const delivery of deliveries) delivery.working();
  }

  #hasRoom({ deliveries }: Waiting): boolean {
    return deliveries.length < this.room.ofSubject && this.#held < this.room.ofAll;
  }
}
