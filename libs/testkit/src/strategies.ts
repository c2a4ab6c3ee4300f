import type { JetStreamStrategy } from '@syncline/event-store';
import type { CommandContext, StoredEvent } from '@syncline/kernel';

/** A reaction as a test adds it, without a Nest module around. */
export type TestReaction = {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly types: readonly string[];
};

/** Adds a reaction to a strategy that does not listen yet. */
export const addReaction = (
  strategy: JetStreamStrategy,
  reaction: TestReaction,
  handler: (event: StoredEvent) => Promise<void>,
): void => strategy.addHandler(`reaction:${reaction.name}`, handler, true, { reaction });

/** Adds the answer to a command to a strategy that does not listen yet. */
export const addCommand = (
  strategy: JetStreamStrategy,
  verb: string,
  handler: (request: { payload: unknown; context: CommandContext }) => Promise<unknown>,
): void => strategy.addHandler(`command:${verb}`, handler, false, { verb });

/** Starts the reactions and commands of a strategy, as Nest does. */
export const listen = (strategy: JetStreamStrategy): Promise<void> =>
  new Promise((resolve, reject) =>
    strategy.listen((error) =>
      error === undefined
        ? resolve()
        : reject(error instanceof Error ? error : new Error('the strategy does not start', { cause: error })),
    ),
  );
