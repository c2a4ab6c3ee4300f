import { randomUUID } from 'node:crypto';

import { repositoryAggregate, type Registered } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { CommandRequest } from '@syncline/event-store';
import { CommandRefused, type Aggregates, type Cause } from '@syncline/kernel';

/** A registered repository, and where its log stands. Refuses one that is not registered. */
export const loadRegistered = async (
  aggregates: Aggregates,
  repository: string,
): Promise<{ readonly state: Registered; readonly sequence: number }> => {
  const { state, sequence } = await aggregates.load(repositoryAggregate, subjects.repository(repository));
  if (state.status === 'registered') return { state, sequence };
  throw new CommandRefused(
    'repository-unknown',
    `There is no repository ${repository}. syncline repo list shows those that are registered.`,
  );
};

/** The cause of what a command decides: whoever sent it. */
export const causeOfCommand = ({ context }: CommandRequest): Cause => ({
  actor: context.actor,
  correlationId: context.correlationId ?? randomUUID(),
  ...(context.idempotencyKey !== undefined && { idempotencyKey: context.idempotencyKey }),
});
