import { EventPattern, MessagePattern, RpcException } from '@nestjs/microservices';
import type { CommandContext } from '@syncline/kernel';

/** A reaction's part: its durable name, the subjects it listens to, and the event types that this method handles. */
export type ReactionOptions = {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly types: readonly string[];
};

/** What a command's handler is given. */
export type CommandRequest = { readonly payload: unknown; readonly context: CommandContext };

/** How a handler's options travel through Nest's patterns. */
export type HandlerExtras = { readonly reaction?: ReactionOptions; readonly verb?: string };

type Method = (...args: unknown[]) => unknown;

/** Carries any error through Nest's exception layer, which hands on nothing but RpcException's own. */
const carryingErrors = (descriptor: PropertyDescriptor): void => {
  const method = descriptor.value as Method;
  descriptor.value = async function carrying(this: unknown, ...args: unknown[]): Promise<unknown> {
    try {
      return await method.apply(this, args);
    } catch (error) {
      throw new RpcException({ carried: error });
    }
  };
};

/** The error that a handler threw, out of what Nest handed on. */
export const carriedError = (thrown: unknown): unknown =>
  typeof thrown === 'object' && thrown !== null && 'carried' in thrown ? thrown.carried : thrown;

const handling =
  (apply: MethodDecorator): MethodDecorator =>
  (target, key, descriptor) => {
    carryingErrors(descriptor);
    apply(target, key, descriptor);
  };

/**
 * The method handles these events, one at a time per subject, each until it succeeds or its subject is parked. Methods
 * with one `name` share a durable consumer over all their subjects.
 */
export const Reaction = (reaction: ReactionOptions): MethodDecorator =>
  handling(
    EventPattern(`reaction:${reaction.name}:${reaction.types.join(',')}`, {
      reaction,
    } satisfies HandlerExtras) as MethodDecorator,
  );

/** The method answers `cmd.<service>.<verb>`; what it returns travels back, and so does a CommandRefused. */
export const AnswersCommand = (verb: string): MethodDecorator =>
  handling(MessagePattern<string>(`command:${verb}`, { verb } satisfies HandlerExtras));
