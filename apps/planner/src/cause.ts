import {
  digestOf,
  formatPosition,
  type Cause,
  type CommandContext,
  type StoredEvent,
} from '@syncline/kernel';

/** The planner, as it stands in the envelope of what it decides by itself. */
export const planner = 'service:planner';

/** The cause of a decision that reacts to an event: made once per event and subject, in the same change. */
export const reactingTo = (event: StoredEvent): Cause => ({
  actor: planner,
  correlationId: event.correlationId,
  reaction: { subject: event.subject, position: event.position },
  ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
});

/** The cause of a decision that somebody asked for; it belongs to the change that it is about. */
export const askedBy = (context: CommandContext, correlationId: string): Cause => ({
  actor: context.actor,
  correlationId,
  ...(context.idempotencyKey !== undefined && { idempotencyKey: context.idempotencyKey }),
});

/** The id of the rollout that an event leads to on an application: the same however often it is asked for. */
export const rolloutId = (application: string, event: StoredEvent): string =>
  digestOf(['rollout', application, event.subject, formatPosition(event.position)]).slice(0, 16);
