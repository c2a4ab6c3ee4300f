import type { JsMsg } from '@nats-io/jetstream';

import type { HeardMessage } from '../heard-messages.js';
import { DeliveredMessage } from './delivered-message.js';
import type { RestoredPart } from './recorded-time.js';

/** Every decision expects the sequence before it on its subject, and says so to the server. */
const previousHeader = 'Nats-Expected-Last-Subject-Sequence';

/** A delivery of a reaction's consumer. Its bytes are its own: it may be held for long, and what was read with it is not. */
export class HeardDelivery extends DeliveredMessage implements HeardMessage {
  readonly previous: number;

  constructor(delivered: JsMsg, restored: RestoredPart) {
    const { subject, reply, headers } = delivered as JsMsg & { readonly reply?: string };
    const data = Uint8Array.from(delivered.data);
    super({ subject, data, ...(headers && { headers }), ...(reply !== undefined && { reply }) }, restored);
    const previous = delivered.headers?.get(previousHeader) ?? '';
    this.previous = previous === '' ? Number.NaN : Number(previous);
  }
}
