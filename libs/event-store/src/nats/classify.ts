import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';

import { EventStoreError } from '../event-store-error.js';

/** Wrong last sequence, in the three forms that servers give it, and a duplicate that is still in process. */
const conflicts = new Set([10071, 10164, 10158, 10201]);
const streamFull = new Set([10047, 10077, 10122]);
const subjectTaken = 'maximum messages per subject exceeded';

/** Whether a refused append only means that the subject has moved. */
export const isConflict = (error: unknown): boolean =>
  error instanceof JetStreamApiError && conflicts.has(error.code);

/** Whether a refused blob only means that an equal one is stored. */
export const isPresent = (error: unknown): boolean =>
  error instanceof Error && error.message.includes(subjectTaken);

/** Whether a direct read only says that there is no such message. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof JetStreamError && 'code' in error && error.code === 404;

/** A server that had no time to look at the credentials says so in the words of one that refuses them. */
const isTooSlow = (error: unknown): boolean =>
  error instanceof errors.AuthorizationError && /timeout/i.test(error.message);

const isForbidden = (error: unknown): boolean =>
  error instanceof errors.PermissionViolationError ||
  (error instanceof errors.AuthorizationError && !isTooSlow(error)) ||
  (error instanceof errors.RequestError && isForbidden(error.cause));

/** Whether nobody can say if the request was carried out. */
export const isUncertain = (error: unknown): boolean =>
  !isForbidden(error) &&
  (isTooSlow(error) ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.RequestError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    // The client says this of a stream that nobody leads at the moment.
    (error instanceof Error && error.name === 'JetStreamNotEnabled' && isUncertain(error.cause)));

/** The adapter's error for what NATS threw while doing `what`. */
export const classify = (error: unknown, what: string): EventStoreError => {
  if (error instanceof EventStoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (isForbidden(error)) {
    return new EventStoreError(
      'log-forbidden',
      `${what} is not allowed with these credentials: ${reason}`,
      what,
      error,
    );
  }
  if (isUncertain(error))
    return new EventStoreError('log-unreachable', `${what}: the log's server does not answer`, what, error);
  if (error instanceof JetStreamApiError && streamFull.has(error.code)) {
    return new EventStoreError(
      'log-full',
      `${what}: the log is full; enlarge the limit of its stream`,
      what,
      error,
    );
  }
  return new EventStoreError('log-failed', `${what}: ${reason}`, what, error);
};
