import type { JetStreamManager } from '@nats-io/jetstream';
import type { Subscription } from '@nats-io/nats-core';

import type { CommandRequest } from '../reactions/decorators.js';
import type { ReactionPlan } from '../reactions/delivery.js';
import type { CommandHandler, ReactionRuntime } from '../reactions/jetstream-strategy.js';
import { resumeCommand } from '../reactions/resume-command.js';
import { RunningReaction, type ReactionSurroundings } from '../reactions/running-reaction.js';
import { durable } from '../streams.js';
import { ensureConsumer } from './ensure-consumer.js';
import { consumerSource, type ConsumerLink } from './consumer-source.js';
import { respond } from './requests.js';

/** Reactions and commands of one hub service: a durable consumer `<service>-<reaction>` each. */
export class HubRuntime implements ReactionRuntime {
  readonly #stopping = new AbortController();
  #running: RunningReaction[] = [];
  #answering: Subscription[] = [];

  constructor(
    private readonly service: string,
    private readonly link: ConsumerLink,
    private readonly jsm: JetStreamManager,
    private readonly surroundings: ReactionSurroundings,
  ) {}

  /** How many messages the reaction has in hand that has most. */
  get held(): number {
    return Math.max(0, ...this.#running.map(({ held }) => held));
  }

  /** Aborted when the service ends. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  async start(plans: readonly ReactionPlan[], commands: ReadonlyMap<string, CommandHandler>): Promise<void> {
    for (const plan of plans) {
      const name = `${this.service}-${plan.name}`;
      await ensureConsumer(this.jsm, durable(name, plan.subjects));
      const running = new RunningReaction(plan, this.surroundings);
      this.#running.push(running);
      await running.start(consumerSource(this.link, name));
    }
    const all = new Map(commands).set(
      'resume',
      resumeCommand(() => this.#running),
    );
    for (const [verb, handle] of all) this.#answer(verb, handle);
    await this.link.nc.flush();
  }

  async stop(): Promise<void> {
    // First the reactions: what is cut off after that is no failure of theirs.
    const stopped = Promise.all(this.#running.map((one) => one.stop()));
    this.#stopping.abort();
    // Another process of the service answers from now on; this one would refuse.
    for (const one of this.#answering) one.unsubscribe();
    this.#answering = [];
    await stopped;
    this.#running = [];
  }

  #handle(handle: CommandHandler, request: CommandRequest): Promise<unknown> {
    const { correlationId } = request.context;
    if (correlationId === undefined) return handle(request);
    return this.surroundings.report.within({ correlationId }, () => handle(request));
  }

  #answer(verb: string, handle: CommandHandler): void {
    const subscription = this.link.nc.subscribe(`cmd.${this.service}.${verb}`, {
      queue: this.service,
      callback: (error, message) => {
        if (!error) void respond(message, () => this.#handle(handle, message.json<CommandRequest>()));
      },
    });
    this.#answering.push(subscription);
  }
}
