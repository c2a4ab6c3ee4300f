import { setTimeout as delay } from 'node:timers/promises';

import {
  JetStreamStrategy,
  type EventHandler,
  type ReactionPlan,
  type ReactionRuntime,
} from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';

import { numbersFrom, shuffled } from './sampled.js';

/** How long whatever a handler set off is given to come to a next delivery, in milliseconds. */
const simmerMs = 2;
/** How many of the calls that were handled count as late ones. */
const latest = 30;
const quietChecks = 4;
const quietMs = 12;

/** One call of a reaction's handlers that waits for its turn, or had it. Those of one lane keep their order. */
type Call = { readonly lane: string; readonly event: StoredEvent; readonly handle: EventHandler };
type Waiting = Call & { readonly begin: () => void };

/**
 * Hands a service the deliveries of its reactions in an order that a seed decides: late, across subjects in any order,
 * each perhaps twice, and what was handled long ago once more. Within a subject the order of the log is kept, as the log
 * keeps it. Without a seed they come as they come, and are only counted.
 */
export class JumbledDeliveries {
  readonly #next: () => number;
  readonly #waiting: Waiting[] = [];
  readonly #past: Call[] = [];
  readonly #busy = new Set<string>();
  #stopped = false;
  #pumping: Promise<void> | undefined;

  constructor(private readonly seed: number | undefined) {
    this.#next = numbersFrom(seed ?? 0);
  }

  /** How many events were handled, each counted once. */
  get handled(): number {
    return this.#past.length;
  }

  /** The same strategy, whose reactions are delivered to so. */
  over(strategy: JetStreamStrategy): JetStreamStrategy {
    const runtime = strategy.unwrap<ReactionRuntime>();
    if (this.seed !== undefined) this.#pumping ??= this.#pump();
    return new JetStreamStrategy({
      start: (plans, commands) =>
        runtime.start(
          plans.map((plan) => this.#jumbled(plan)),
          commands,
        ),
      stop: () => runtime.stop(),
    });
  }

  /** Resolves when nothing is being handled, nothing waits, and the log has not grown for a while. */
  async quiet(lastSequence: () => Promise<number>): Promise<void> {
    for (let [calm, last] = [0, -1]; calm < quietChecks;) {
      const now = await lastSequence();
      const isCalm = now === last && this.#waiting.length === 0 && this.#busy.size === 0;
      [calm, last] = [isCalm ? calm + 1 : 0, now];
      await delay(quietMs);
    }
  }

  /** Hands over everything that was ever handled once more, subjects in any order. */
  async repeatAll(): Promise<void> {
    const lanes = Map.groupBy(this.#past, ({ lane }) => lane);
    const left = new Map([...lanes].map(([lane, calls]) => [lane, [...calls]]));
    const order = shuffled(
      this.#past.map(({ lane }) => lane),
      Math.floor(this.#next() * 2 ** 32),
    );
    for (const lane of order) {
      const call = left.get(lane)?.shift();
      if (call) await call.handle(call.event);
    }
  }

  /** Hands over what was handled first once more, alone: its acknowledgement was lost. */
  async repeatFirst(): Promise<void> {
    const [first] = this.#past;
    await first?.handle(first.event);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pumping;
  }

  #jumbled(plan: ReactionPlan): ReactionPlan {
    const handlers = [...plan.handlers].map(([type, all]) => {
      const handle: EventHandler = async (event) => {
        for (const one of all) await one(event);
      };
      return [type, [(event: StoredEvent) => this.#take(plan.name, event, handle)]] as const;
    });
    return { ...plan, handlers: new Map(handlers) };
  }

  async #take(reaction: string, event: StoredEvent, handle: EventHandler): Promise<void> {
    const call = { lane: `${reaction} ${event.subject}`, event, handle };
    if (this.seed !== undefined)
      await new Promise<void>((begin) => this.#waiting.push({ ...call, begin: () => begin() }));
    this.#busy.add(call.lane);
    try {
      await handle(event);
      if (this.seed !== undefined && this.#next() < 0.5) await handle(event);
      this.#past.push(call);
    } finally {
      this.#busy.delete(call.lane);
    }
  }

  /** Lets one of those that wait begin, or repeats one from long ago. What waits is looked at by name, so that a seed decides. */
  async #pump(): Promise<void> {
    while (!this.#stopped) {
      await delay(simmerMs);
      const chance = this.#next();
      if (this.#waiting.length === 0 || chance < 0.2) continue;
      if (chance < 0.35) await this.#repeatOne();
      else this.#beginOne();
    }
    for (const { begin } of this.#waiting.splice(0)) begin();
  }

  #beginOne(): void {
    const nameOf = ({ lane, event: { position } }: Waiting) =>
      `${lane} ${position.sequence}.${position.index}`;
    const byName = this.#waiting.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
    const chosen = byName[Math.floor(this.#next() * byName.length)];
    if (!chosen) return;
    this.#waiting.splice(this.#waiting.indexOf(chosen), 1);
    chosen.begin();
  }

  /** Mostly one of those that were handled lately: it may still matter to what is under way. */
  async #repeatOne(): Promise<void> {
    const among = this.#next() < 0.7 ? this.#past.slice(-latest) : this.#past;
    const call = among[Math.floor(this.#next() * among.length)];
    if (!call || this.#busy.has(call.lane)) return;
    this.#busy.add(call.lane);
    await call.handle(call.event).finally(() => this.#busy.delete(call.lane));
  }
}
