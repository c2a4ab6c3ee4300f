import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { encodeToken } from '@syncline/events';

import { decodeShares, type Share } from '../accounts/shares.js';

/** A message may be lost while the server takes over an account's new rights; the list is read again this often. */
const rereadMs = 5_000;

/** The key of an applier in bucket `served`. */
export const servedKey = (applier: string): string => encodeToken(applier);

/** Follows one key of bucket `served` with rights to that key alone: a direct get, and the bucket's own messages. */
export async function* watchServed(
  nc: NatsConnection,
  applier: string,
  signal: AbortSignal,
): AsyncIterable<readonly Share[]> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const subject = `$KV.served.${servedKey(applier)}`;
  let wake: () => void = () => undefined;
  const subscription = nc.subscribe(subject, { callback: () => wake() });
  const stop = (): void => wake();
  signal.addEventListener('abort', stop, { once: true });
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, rereadMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (signal.aborted) wake();
    });
  try {
    for (let seen = ''; !signal.aborted;) {
      const next = woken();
      const stored = await jsm.direct
        .getMessage('KV_served', { last_by_subj: subject })
        .catch(() => undefined);
      const text = stored?.string() ?? '';
      if (stored !== undefined && text !== seen) {
        seen = text;
        yield decodeShares(text || '[]');
        continue;
      }
      await next;
    }
  } finally {
    wake();
    signal.removeEventListener('abort', stop);
    subscription.unsubscribe();
  }
}
