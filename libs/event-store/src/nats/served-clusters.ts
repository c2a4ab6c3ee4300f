import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import { encodeToken } from '@syncline/events';
import type { AgentAccess, ServedClusters } from '@syncline/kernel';
import { z } from 'zod';

import { clusterSubjects, historyConsumer, liveConsumer } from '../accounts/subjects-of.js';
import { durable, rewindable } from '../streams.js';
import type { Accounts } from './accounts.js';
import { classify } from './classify.js';
import { ensureConsumer } from './ensure-consumer.js';

const list = z.array(z.string());
/** A message may be lost while the server takes over an account's new rights; the list is read again this often. */
const rereadMs = 5_000;
const key = (applier: string): string => encodeToken(applier);

/** Follows one key of bucket `served` with rights to that key alone: a direct get, and the bucket's own messages. */
export async function* watchServed(
  nc: NatsConnection,
  applier: string,
  signal: AbortSignal,
): AsyncIterable<readonly string[]> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const subject = `$KV.served.${key(applier)}`;
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
        yield list.parse(JSON.parse(text || '[]'));
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

/** Assigns clusters to appliers: account rights first, then consumers, then the list that the applier follows. */
export class ProvisionedClusters implements ServedClusters {
  constructor(
    private readonly nc: NatsConnection,
    private readonly jsm: JetStreamManager,
    private readonly kv: KV,
    private readonly accounts: Accounts,
  ) {}

  watch(applier: string, signal: AbortSignal): AsyncIterable<readonly string[]> {
    return watchServed(this.nc, applier, signal);
  }

  admit(applier: string, cluster: string, userKey: string): Promise<AgentAccess> {
    return this.accounts.admit(applier, cluster, userKey);
  }

  async revoke(account: string): Promise<void> {
    try {
      await this.accounts.revoke(account);
    } catch (error) {
      throw classify(error, `end the account ${account}`);
    }
  }

  async assign(applier: string, clusters: readonly string[], agent?: string): Promise<void> {
    const tokens = [...new Set(clusters)].sort().map(encodeToken);
    try {
      await this.accounts.grant(applier, tokens, agent);
      for (const token of tokens) await this.#consumers(token);
      await this.kv.put(key(applier), JSON.stringify([...new Set(clusters)].sort()));
    } catch (error) {
      throw classify(error, `assign clusters to applier ${applier}`);
    }
  }

  async #consumers(token: string): Promise<void> {
    const { filters } = clusterSubjects(token);
    await ensureConsumer(this.jsm, durable(liveConsumer(token), filters));
    await ensureConsumer(this.jsm, rewindable(historyConsumer(token), filters));
  }
}
