import type { JsMsg } from '@nats-io/jetstream';

import type { HeardMessage } from '../heard-messages.js';
import { DeliveredMessage } from './delivered-message.js';

/** Every decision expects the sequence before it on its subject, and says so to the server. */
const previousHeader = 'Nats-Expected-Last-Subject-Sequence';

/** A delivery of a reaction's consumer. Its bytes are its own: it may be held for long, and what was read with it is not. */
export class HeardDelivery extends DeliveredMessage implements HeardMessage {
  readonly previous: number;

  constructor(delivered: JsMsg) {
    const { subject, reply } = delivered as JsMsg & { readonly reply?: string };
    super({ subject, data: Uint8Array.from(delivered.data), ...(reply !== undefined && { reply }) });
    const previous = delivered.headers?.get(previousHeader) ?? '';
    this.previous = previous === '' ? Number.NaN : Number(previous);
  }
}
