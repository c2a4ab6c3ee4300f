import { setTimeout as delay } from 'node:timers/promises';

import {
  CommandRefused,
  formatPosition,
  type EventLog,
  type Position,
  type StoredEvent,
} from '@syncline/kernel';

import type { Delivery, DeliverySource, EventHandler, ReactionPlan } from './delivery.js';
import { usualPatience, type Patience } from './attempts.js';
import { Lanes } from './lanes.js';
import { park, parkedOf, unpark, type Parking } from './parking.js';

const keepAliveMs = 10_000;
/** How long a stop waits for handlers; what is not acknowledged by then is delivered again at the next start. */
const stopWithinMs = 2_500;
/** The same while the log is away, when nothing that a handler does can be recorded. */
const stopAwayWithinMs = 200;

/** On whose behalf something works: a change, and where it is one of its events, that. */
export type WorkContext = {
  readonly correlationId: string;
  readonly subject?: string;
  readonly position?: string;
};

/** How far a reaction is behind: messages in hand and still to come, and when the oldest in hand was recorded. */
export type ReactionStanding = {
  readonly held: number;
  readonly pending: number;
  readonly oldestNs: bigint | undefined;
};

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
  readonly within: <Result>(context: WorkContext, work: () => Result) => Result;
  readonly handled: (reaction: string, seconds: number) => void;
  readonly working: (reaction: string, standing: () => ReactionStanding) => () => void;
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
  #pending = 0;
  #forget: () => void = () => undefined;

  constructor(
    private readonly plan: ReactionPlan,
    private readonly around: ReactionSurroundings,
  ) {
    this.#lanes = new Lanes(reported(plan, around.report), {
      patience: around.patience ?? usualPatience,
      read: (subject, after) => around.log.read(subject, after),
      isParked: (subject) => this.#parked.has(subject),
      isConnected: around.isConnected,
      onFailure: (error, event, attempt) =>
        around.report.within(contextOf(event), () =>
          around.report.failed(plan.name, event.subject, event.position, attempt, error),
        ),
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
    this.#close = await source.open((delivery) => this.#take(delivery));
    this.#forget = this.around.report.working(this.plan.name, () => ({
      held: this.#lanes.held,
      pending: this.#pending,
      oldestNs: this.#lanes.oldestNs,
    }));
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

  /** Takes nothing more and lets handlers end, within a few seconds. */
  async stop(): Promise<void> {
    clearInterval(this.#keepAlive);
    this.#forget();
    const ended = this.#lanes.stop();
    const closed = this.#close?.().catch(() => undefined);
    const patience = this.around.isConnected() ? stopWithinMs : stopAwayWithinMs;
    await Promise.race([Promise.all([ended, closed]), delay(patience, undefined, { ref: false })]);
  }

  #take(delivery: Delivery): void {
    this.#pending = delivery.pending ?? 0;
    this.#lanes.push(delivery);
  }

  #setParked(subject: string, sequence: number): void {
    this.#parked.set(subject, sequence);
    this.around.report.parked(this.plan.name, this.#parked.size);
  }
}

const contextOf = ({
  subject,
  position,
  correlationId,
}: Pick<StoredEvent, keyof WorkContext>): WorkContext => ({
  correlationId,
  subject,
  position: formatPosition(position),
});

/** The same handlers, whose log lines belong to the event and whose time is told. */
const reported = (plan: ReactionPlan, report: ReactionReport): ReactionPlan => {
  const reporting =
    (handle: EventHandler): EventHandler =>
    async (event) => {
      const began = performance.now();
      try {
        await report.within(contextOf(event), () => handle(event));
      } finally {
        report.handled(plan.name, (performance.now() - began) / 1000);
      }
    };
  const handlers = [...plan.handlers].map(([type, all]) => [type, all.map(reporting)] as const);
  return { ...plan, handlers: new Map(handlers) };
};
