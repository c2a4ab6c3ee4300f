import type { JsMsg, StoredMsg } from '@nats-io/jetstream';
import type { LogMessage } from '@syncline/kernel';

const nsPerMs = 1_000_000n;

const message = (sequence: number, subject: string, ns: bigint, bytes: Uint8Array): LogMessage => ({
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
export const fromStored = (stored: StoredMsg): LogMessage =>
  message(stored.seq, stored.subject, nanosecondsOf(stored.timestamp), stored.data);

/** A message that a consumer delivered. Its reply subject carries the timestamp with all its digits (ADR-15 of NATS). */
export const fromDelivered = (delivered: JsMsg): LogMessage => {
  const tokens = (delivered as JsMsg & { readonly reply: string }).reply.split('.');
  const at = tokens.length > 9 ? tokens[9] : tokens[7];
  return message(delivered.seq, delivered.subject, BigInt(at ?? '0'), delivered.data);
};
