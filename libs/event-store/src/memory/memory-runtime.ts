import type { EventLog } from '@syncline/kernel';

import type { Delivery, DeliverySource, ReactionPlan } from '../reactions/delivery.js';
import type { CommandHandler, ReactionRuntime } from '../reactions/jetstream-strategy.js';
import { resumeCommand } from '../reactions/resume-command.js';
import { RunningReaction, type ReactionSurroundings } from '../reactions/running-reaction.js';
import type { MemoryMessaging } from './memory-messaging.js';

/** Remembers which sequences each reaction acknowledged, as a durable consumer does. */
export class MemoryAcks {
  readonly #acked = new Map<string, Set<number>>();

  of(reaction: string): Set<number> {
    const known = this.#acked.get(reaction) ?? new Set<number>();
    this.#acked.set(reaction, known);
    return known;
  }
}

/**
 * Delivers the log in memory to a reaction as a durable consumer that is rewound: everything after the first message that
 * is not acknowledged, then what is to come.
 */
export const memorySource = (
  log: EventLog,
  subjects: readonly string[],
  acked: Set<number>,
): DeliverySource => ({
  open: (deliver: (delivery: Delivery) => void) => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      let isAcknowledged = true;
      for await (const { message } of log.follow({ subjects }, stop.signal)) {
        isAcknowledged &&= acked.has(message.sequence);
        if (isAcknowledged) continue;
        deliver({ message, ack: () => void acked.add(message.sequence), working: () => undefined });
      }
    };
    void run();
    return Promise.resolve(() => {
      stop.abort();
      return Promise.resolve();
    });
  },
});

export type MemoryRuntimeOptions = {
  readonly service: string;
  readonly acks: MemoryAcks;
  readonly messaging: MemoryMessaging;
  readonly surroundings: ReactionSurroundings;
  /** For an applier: only the subjects of its clusters. */
  readonly narrowed?: readonly string[];
};

/** Reactions and commands of one service over the log in memory. */
export class MemoryRuntime implements ReactionRuntime {
  readonly #stopping = new AbortController();
  #running: RunningReaction[] = [];

  constructor(private readonly options: MemoryRuntimeOptions) {}

  /** Aborted when the service ends. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  async start(plans: readonly ReactionPlan[], commands: ReadonlyMap<string, CommandHandler>): Promise<void> {
    const { service, acks, messaging, surroundings, narrowed } = this.options;
    for (const [verb, handle] of commands)
      messaging.answer(service, verb, (request) => handle(request as never));
    messaging.answer(service, 'resume', (request) => resumeCommand(() => this.#running)(request as never));
    for (const plan of plans) {
      const running = new RunningReaction(plan, surroundings);
      this.#running.push(running);
      const source = memorySource(
        surroundings.log,
        narrowed ?? plan.subjects,
        acks.of(`${service}-${plan.name}`),
      );
      await running.start(source);
    }
  }

  async stop(): Promise<void> {
    // First the reactions: what is cut off after that is no failure of theirs.
    const stopped = Promise.all(this.#running.map((one) => one.stop()));
    this.#stopping.abort();
    await stopped;
    this.#running = [];
  }
}
