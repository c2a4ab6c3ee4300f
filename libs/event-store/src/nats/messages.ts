import type { JsMsg, StoredMsg } from '@nats-io/jetstream';
import type { LogMessage } from '@syncline/kernel';

import { DeliveredMessage } from './delivered-message.js';
import { restoredNs, type RestoredPart } from './recorded-time.js';

const nsPerMs = 1_000_000n;

/** A message of the log from its parts; `ns` is when the server recorded it, in nanoseconds since the epoch. */
export const logMessage = (sequence: number, subject: string, ns: bigint, bytes: Uint8Array): LogMessage => ({
  sequence,
  subject,
  recordedAt: new Date(Number(ns / nsPerMs)).toISOString(),
  recordedAtNs: ns,
  bytes,
});

/** RFC 3339 with up to nine digits of seconds' fraction, as nanoseconds since the epoch. */
export const nanosecondsOf = (timestamp: string): bigint => {
  const [, whole = '', fraction = '', zone = 'Z'] = /^([^.Z+]+)(?:\.(\d+))?(.*)$/.exec(timestamp) ?? [];
  const seconds = BigInt(Date.parse(`${whole}${zone}`)) * nsPerMs;
  return seconds + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
};

/** A message that was read directly. */
export const fromStored = (stored: StoredMsg, restored: RestoredPart): LogMessage => {
  const ns = restoredNs(stored.seq, stored.header, restored);
  return logMessage(
    stored.seq,
    stored.subject,
    ns === undefined ? nanosecondsOf(stored.timestamp) : BigInt(ns),
    stored.data,
  );
};

/** A message that a consumer delivered. */
export const fromDelivered = (delivered: JsMsg, restored: RestoredPart): LogMessage =>
  new DeliveredMessage(delivered, restored);
