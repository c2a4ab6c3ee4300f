import { setTimeout as delay } from 'node:timers/promises';

import { CommandRefused, type EventLog, type Position } from '@syncline/kernel';

import type { DeliverySource, ReactionPlan } from './delivery.js';
import { Lanes, usualPatience, type Patience } from './lanes.js';
import { park, parkedOf, unpark, type Parking } from './parking.js';

const keepAliveMs = 10_000;

/** What a reaction tells about itself. */
export type ReactionReport = {
  readonly failed: (
    reaction: string,
    subject: string,
    position: Position,
    attempt: number,
    error: unknown,
  ) => void;
  readonly parked: (reaction: string, subjects: number) => void;
};

export type ReactionSurroundings = {
  readonly log: EventLog;
  readonly parking: Parking;
  readonly isConnected: () => boolean;
  readonly report: ReactionReport;
  readonly patience?: Patience;
};

/** A reaction at work: deliveries in, handlers called in order, subjects parked and resumed. */
export class RunningReaction {
  readonly #lanes: Lanes;
  readonly #parked = new Map<string, number>();
  #close: (() => Promise<void>) | undefined;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(
    private readonly plan: ReactionPlan,
    private readonly around: ReactionSurroundings,
  ) {
    this.#lanes = new Lanes(plan, {
      patience: around.patience ?? usualPatience,
      read: (subject, after) => around.log.read(subject, after),
      isParked: (subject) => this.#parked.has(subject),
      isConnected: around.isConnected,
      onFailure: (error, event, attempt) =>
        around.report.failed(plan.name, event.subject, event.position, attempt, error),
      delay: (ms, signal) => delay(ms, undefined, { ref: false, signal }).catch(() => undefined),
      park: async (event, attempts, reason) => {
        await park(around.parking, plan.name, event, attempts, reason);
        this.#setParked(event.subject, event.position.sequence);
      },
    });
  }

  get name(): string {
    return this.plan.name;
  }

  /** How many deliveries wait or are being handled. */
  get held(): number {
    return this.#lanes.held;
  }

  /** Reads what is parked, then takes deliveries. */
  async start(source: DeliverySource): Promise<void> {
    const parked = await parkedOf(this.around.parking, this.plan.name);
    for (const [subject, position] of parked) this.#setParked(subject, position.sequence);
    this.#close = await source.open((delivery) => this.#lanes.push(delivery));
    this.#keepAlive = setInterval(() => this.#lanes.keepAlive(), keepAliveMs).unref();
  }

  /** Goes on with a parked subject: first what came meanwhile, then what comes. Refuses where it still fails. */
  async resume(subject: string, actor: string): Promise<Position> {
    const from = this.#parked.get(subject);
    if (from === undefined)
      throw new CommandRefused('not-parked', `${subject} is not parked in ${this.plan.name}.`);
    let position: Position | undefined;
    const isCaughtUp = await this.#lanes.catchUp(subject, from, async () => {
      position = await unpark(this.around.parking, this.plan.name, subject, actor);
      this.#parked.delete(subject);
      this.around.report.parked(this.plan.name, this.#parked.size);
    });
    if (isCaughtUp && position) return position;
    throw new CommandRefused('still-failing', `${subject} fails as before; the service's log says why.`);
  }

  async stop(): Promise<void> {
    clearInterval(this.#keepAlive);
    await this.#close?.();
    await this.#lanes.stop();
  }

  #setParked(subject: string, sequence: number): void {
    this.#parked.set(subject, sequence);
    this.around.report.parked(this.plan.name, this.#parked.size);
  }
}
