import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { StoredEvent } from '@syncline/kernel';
import { isObservable, lastValueFrom } from 'rxjs';

import { carriedError, type CommandRequest, type HandlerExtras } from './decorators.js';
import type { EventHandler, ReactionPlan } from './delivery.js';

/** Answers one command; what it returns travels back. */
export type CommandHandler = (request: CommandRequest) => Promise<unknown>;

/** What feeds a strategy's handlers: the hub's consumers, an applier's, or the log in memory. */
export interface ReactionRuntime {
  start(plans: readonly ReactionPlan[], commands: ReadonlyMap<string, CommandHandler>): Promise<void>;
  stop(): Promise<void>;
}

const settle = async (result: unknown): Promise<unknown> => {
  try {
    const value = await result;
    return isObservable(value) ? await lastValueFrom(value, { defaultValue: undefined }) : value;
  } catch (error) {
    throw carriedError(error);
  }
};

/** Nest's transport over the log: `@Reaction` and `@AnswersCommand` methods become reactions and commands. */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  constructor(private readonly runtime: ReactionRuntime) {
    super();
  }

  override on(): void {
    // The strategy has no events of its own; the connection's state shows in readiness.
  }

  override unwrap<T>(): T {
    return this.runtime as T;
  }

  override listen(done: (error?: unknown) => void): void {
    this.runtime
      .start(plansOf(this.messageHandlers), commandsOf(this.messageHandlers))
      .then(() => done(), done);
  }

  override close(): Promise<void> {
    return this.runtime.stop();
  }
}

/** Nest chains handlers of an equal pattern behind `next`. */
const chain = (handler: MessageHandler): readonly MessageHandler[] =>
  handler.next ? [handler, ...chain(handler.next as MessageHandler)] : [handler];

const plansOf = (handlers: ReadonlyMap<string, MessageHandler>): readonly ReactionPlan[] => {
  const plans = new Map<string, { subjects: Set<string>; handlers: Map<string, EventHandler[]> }>();
  for (const handler of [...handlers.values()].flatMap(chain)) {
    const { reaction } = (handler.extras ?? {}) as HandlerExtras;
    if (!reaction) continue;
    const plan = plans.get(reaction.name) ?? {
      subjects: new Set(),
      handlers: new Map<string, EventHandler[]>(),
    };
    plans.set(reaction.name, plan);
    for (const subject of reaction.subjects) plan.subjects.add(subject);
    const handle = async (event: StoredEvent): Promise<void> => {
      await settle(handler(event));
    };
    for (const type of reaction.types) plan.handlers.set(type, [...(plan.handlers.get(type) ?? []), handle]);
  }
  return [...plans].map(([name, plan]) => ({ name, subjects: [...plan.subjects], handlers: plan.handlers }));
};

const commandsOf = (handlers: ReadonlyMap<string, MessageHandler>): ReadonlyMap<string, CommandHandler> => {
  const commands = [...handlers.values()].flatMap((handler) => {
    const { verb } = (handler.extras ?? {}) as HandlerExtras;
    const handle: CommandHandler = (request) => settle(handler(request));
    return verb === undefined ? [] : [[verb, handle] as const];
  });
  return new Map(commands);
};
