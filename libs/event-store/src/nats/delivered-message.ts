import type { LogMessage } from '@syncline/kernel';

/** What a delivery of a consumer tells: its subject, its bytes, and the reply subject that says where it stands. */
type Delivery = { readonly subject: string; readonly data: Uint8Array; readonly reply?: string };

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

  constructor({ subject, data, reply = '' }: Delivery) {
    const tokens = reply.split('.');
    const first = tokens.length > 9 ? 7 : 5;
    this.subject = subject;
    this.bytes = data;
    this.sequence = Number(tokens[first]);
    this.deliverySequence = Number(tokens[first + 1]);
    this.#ns = tokens[first + 2] ?? '0';
  }

  get recordedAtNs(): bigint {
    return BigInt(this.#ns);
  }

  get recordedAt(): string {
    this.#recordedAt ??= new Date(Number(this.#ns.slice(0, -6))).toISOString();
    return this.#recordedAt;
  }
}
