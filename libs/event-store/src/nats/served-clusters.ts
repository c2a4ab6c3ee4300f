import { setTimeout as delay } from 'node:timers/promises';

import { fromSeed } from '@nats-io/jwt';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import { encodeToken } from '@syncline/events';
import type { ServedClusters } from '@syncline/kernel';
import { z } from 'zod';

import { applierAccount } from '../accounts/claims.js';
import type { ProvisionerKeys } from '../accounts/installation.js';
import { clusterSubjects, historyConsumer, liveConsumer } from '../accounts/subjects-of.js';
import { EventStoreError } from '../event-store-error.js';
import { durable, rewindable } from '../streams.js';
import { classify } from './classify.js';
import { openConnection } from './connection.js';
import { ensureConsumer } from './ensure-consumer.js';

const list = z.array(z.string());
/** A message may be lost while the server takes over an account's new rights; the list is read again this often. */
const rereadMs = 5_000;
const key = (applier: string): string => encodeToken(applier);

const issued = z.object({ iat: z.int() });

/**
 * Waits until a token that is issued now has a later second than this one. A server that starts again takes the later of
 * the account it was configured with and the one it was given since, and within one second it cannot tell them apart.
 */
const untilLaterThan = async (jwt: string): Promise<void> => {
  const claims = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString();
  if (claims === '') return;
  const { iat } = issued.parse(JSON.parse(claims));
  await delay(Math.max(0, Math.min((iat + 1) * 1000 - Date.now(), 1_000)));
};

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
    private readonly keys: ProvisionerKeys | undefined,
    private readonly servers: string,
  ) {}

  watch(applier: string, signal: AbortSignal): AsyncIterable<readonly string[]> {
    return watchServed(this.nc, applier, signal);
  }

  async assign(applier: string, clusters: readonly string[]): Promise<void> {
    const tokens = [...new Set(clusters)].sort().map(encodeToken);
    try {
      await this.#grant(applier, tokens);
      for (const token of tokens) await this.#consumers(token);
      await this.kv.put(key(applier), JSON.stringify([...new Set(clusters)].sort()));
    } catch (error) {
      throw classify(error, `assign clusters to applier ${applier}`);
    }
  }

  async #grant(applier: string, tokens: readonly string[]): Promise<void> {
    const account = this.keys?.appliers[applier];
    if (!this.keys || account === undefined) {
      throw new EventStoreError(
        'log-forbidden',
        `there is no applier ${applier} in this installation`,
        applier,
      );
    }
    const operator = fromSeed(new TextEncoder().encode(this.keys.operatorSeed));
    const system = await openConnection({
      servers: this.servers,
      credentials: this.keys.system,
      name: 'provisioner',
    });
    const lookUp = async (): Promise<string> =>
      (await system.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', { timeout: 10_000 })).string();
    try {
      await untilLaterThan(await lookUp());
      const jwt = await applierAccount(key(applier), account, this.keys.hub, operator, tokens);
      await system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: 10_000 });
      if ((await lookUp()) !== jwt) {
        throw new EventStoreError(
          'log-forbidden',
          `the server did not take the rights of applier ${applier}`,
          applier,
        );
      }
    } finally {
      await system.close();
    }
  }

  async #consumers(token: string): Promise<void> {
    const { filters } = clusterSubjects(token);
    await ensureConsumer(this.jsm, durable(liveConsumer(token), filters));
    await ensureConsumer(this.jsm, rewindable(historyConsumer(token), filters));
  }
}
