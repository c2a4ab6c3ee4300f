import type { MsgHdrs } from '@nats-io/nats-core';
import type { LogMessage } from '@syncline/kernel';

import { restoredNs, type RestoredPart } from './recorded-time.js';

/** What a delivery of a consumer tells: its subject, its bytes, and the reply subject that says where it stands. */
type Delivery = {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs | undefined;
  readonly reply?: string;
};

/** Messages that are read one after the other were mostly recorded in the same second. */
let latest = { second: Number.NaN, text: '' };

/** Milliseconds since the epoch as RFC 3339. */
const instantOf = (ms: number): string => {
  const second = Math.floor(ms / 1000);
  if (second !== latest.second)
    latest = { second, text: new Date(second * 1000).toISOString().slice(0, -'000Z'.length) };
  return `${latest.text}${String(ms - second * 1000).padStart(3, '0')}Z`;
};

/**
 * A message that a consumer delivered. Its reply subject carries sequences and the timestamp with all its digits
 * (ADR-15 of NATS); what nobody asks for is not worked out.
 */
export class DeliveredMessage implements LogMessage {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly sequence: number;
  /** Counts what its consumer has delivered, from 1. */
  readonly deliverySequence: number;
  readonly #ns: string;
  #recordedAt: string | undefined;

  constructor(delivery: Delivery, restored: RestoredPart) {
    const { subject, data, reply = '' } = delivery;
    const tokens = reply.split('.');
    const first = tokens.length > 9 ? 7 : 5;
    this.subject = subject;
    this.bytes = data;
    this.sequence = Number(tokens[first]);
    this.deliverySequence = Number(tokens[first + 1]);
    // Headers are only taken apart where one of them may count.
    const ns =
      this.sequence > restored.upTo ? undefined : restoredNs(this.sequence, delivery.headers, restored);
    this.#ns = ns ?? tokens[first + 2] ?? '0';
  }

  get recordedAtNs(): bigint {
    return BigInt(this.#ns);
  }

  get recordedAt(): string {
    this.#recordedAt ??= instantOf(Number(this.#ns.slice(0, -6)));
    return this.#recordedAt;
  }
}
