import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { QueuedIterator } from '@nats-io/nats-core';
import type { LogMessage } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import { eventsStream } from '../streams.js';
import { isNotFound } from './classify.js';
import { fromStored } from './messages.js';
import type { RestoredPart } from './recorded-time.js';

const batchSize = 512;
const silenceMs = 10_000;

type Batch = { readonly messages: readonly LogMessage[]; readonly pending: number };

/**
 * One batch of a subject from a sequence on. By callback, because the client's iterator keeps its subscription after
 * the batch; with a deadline of our own, because a batch that breaks off in the middle would be waited for for ever.
 */
const readBatch = (
  jsm: JetStreamManager,
  subject: string,
  from: number,
  restored: RestoredPart,
): Promise<Batch> =>
  new Promise((resolve, reject) => {
    const messages: LogMessage[] = [];
    let pending = 0;
    let iterator: QueuedIterator<StoredMsg> | undefined;
    const silence = (): void =>
      iterator?.stop(new EventStoreError('log-unreachable', `reading ${subject} broke off`, subject));
    let timer = setTimeout(silence, silenceMs);
    const callback = (done: { err?: Error } | null, stored: StoredMsg): void => {
      clearTimeout(timer);
      if (done) {
        if (done.err && !isNotFound(done.err)) reject(done.err);
        else resolve({ messages, pending });
        return;
      }
      timer = setTimeout(silence, silenceMs);
      messages.push(fromStored(stored, restored));
      pending = stored.pending;
    };
    const options = { seq: from, next_by_subj: subject, batch: batchSize, callback };
    jsm.direct.getBatch(eventsStream, options).then((started) => (iterator = started), reject);
  });

/** The messages of one subject after a sequence, in order. */
export const readSubject = async (
  jsm: JetStreamManager,
  subject: string,
  after: number,
  restored: RestoredPart,
): Promise<readonly LogMessage[]> => {
  const messages: LogMessage[] = [];
  for (;;) {
    const batch = await readBatch(jsm, subject, (messages.at(-1)?.sequence ?? after) + 1, restored);
    messages.push(...batch.messages);
    if (batch.pending <= 0) return messages;
  }
};
