import { randomUUID } from 'node:crypto';

import { encodeEvent } from '@syncline/events';
import { formatPosition, hmacHex, type Cause, type DomainEvent } from '@syncline/kernel';

import { causationOf } from './remembered.js';

/** The id of the event at an index of one decision. */
export type EventIds = (index: number) => string;

/**
 * Ids by cause: the same cause on the same subject gives the same ids, so that a repeat is recognised. They are keyed,
 * so that nobody else can use them first.
 */
export const idsOf = (idKey: Uint8Array, subject: string, cause: Cause): EventIds => {
  const { reaction, idempotencyKey } = cause;
  const key = reaction
    ? `reaction|${reaction.subject}|${formatPosition(reaction.position)}`
    : idempotencyKey === undefined
      ? `once|${randomUUID()}`
      : `key|${cause.actor}|${idempotencyKey}`;
  return (index) => hmacHex(idKey, `${subject}|${key}|${index}`).slice(0, 32);
};

/** What a decision is recorded as. `time` is RFC 3339, by our clock. */
export type Decision = {
  readonly subject: string;
  readonly events: readonly DomainEvent[];
  readonly cause: Cause;
  readonly ids: EventIds;
  readonly source: string;
  readonly time: string;
};

/** The bytes of one message: a JSON array of CloudEvents. */
export const encodeDecision = ({ subject, events, cause, ids, source, time }: Decision): Uint8Array => {
  const { actor, correlationId, traceparent } = cause;
  const envelope = { source, subject, time, actor, correlationId, ...causationOf(cause) };
  const encoded = events.map((event, index) =>
    encodeEvent(event, { ...envelope, id: ids(index), ...(traceparent && { traceparent }) }),
  );
  return new TextEncoder().encode(JSON.stringify(encoded));
};
