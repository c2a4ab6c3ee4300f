import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import { encodeToken } from '@syncline/events';
import { OneAtATime, type AgentAccess, type ServedClusters } from '@syncline/kernel';

import { clustersOf, decodeShares, encodeShares, spread, type Share } from '../accounts/shares.js';
import { clusterSubjects, historyConsumer, liveConsumer } from '../accounts/subjects-of.js';
import { following, rewindable } from '../streams.js';
import type { Accounts } from './accounts.js';
import { classify, isConflict } from './classify.js';
import { dropConsumer, ensureConsumer } from './ensure-consumer.js';
import { servedKey, watchServed } from './watch-served.js';

/** How many clusters' consumers are made at a time. */
const atATime = 16;
/** How often the list is read again where somebody else has written it meanwhile. */
const attempts = 5;

/** An applier's entry as it was read or written last; revision 0 where there is none. */
type Entry = { readonly shares: readonly Share[]; readonly revision: number };

/**
 * Assigns clusters to appliers: account rights first, then consumers, then the list that the applier follows. What a cluster
 * needs is made when it is new to this process, whatever else the applier serves.
 */
export class ProvisionedClusters implements ServedClusters {
  readonly #turns = new OneAtATime();
  readonly #entries = new Map<string, Entry>();
  /** Encoded names of clusters whose history consumers are there. */
  readonly #ensured = new Set<string>();
  /** Of each account, the encoded names of the clusters that its live consumer listens to. */
  readonly #listening = new Map<string, string>();

  constructor(
    private readonly nc: NatsConnection,
    private readonly jsm: JetStreamManager,
    private readonly kv: KV,
    private readonly accounts: Accounts,
  ) {}

  async *watch(applier: string, signal: AbortSignal): AsyncIterable<readonly string[]> {
    for await (const shares of watchServed(this.nc, applier, signal)) yield clustersOf(shares);
  }

  admit(applier: string, cluster: string, userKey: string): Promise<AgentAccess> {
    return this.accounts.admit(applier, cluster, userKey);
  }

  async revoke(account: string): Promise<void> {
    try {
      await this.accounts.revoke(account);
      this.#listening.delete(account);
      await dropConsumer(this.jsm, liveConsumer(account));
    } catch (error) {
      throw classify(error, `end the account ${account}`);
    }
  }

  assign(applier: string, clusters: readonly string[], agent?: string): Promise<void> {
    return this.#turns.run(applier, async () => {
      try {
        await this.#assign(applier, clusters, agent);
      } catch (error) {
        throw classify(error, `assign clusters to applier ${applier}`);
      }
    });
  }

  async #assign(applier: string, clusters: readonly string[], agent?: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const { shares: before, revision } = await this.#entryOf(applier);
      const shares = await this.#spread(applier, before, clusters, agent);
      await this.accounts.grant(applier, shares, agent);
      await this.#listen(applier, shares, agent);
      await this.#ensureHistories(clusters.map(encodeToken));
      try {
        const written = await this.kv.put(servedKey(applier), encodeShares(shares), {
          previousSeq: revision,
        });
        this.#entries.set(applier, { shares, revision: written });
        return;
      } catch (error) {
        this.#forget(applier);
        if (!isConflict(error) || attempt >= attempts) throw error;
      }
    }
  }

  /** Whoever has written the list meanwhile has given rights and filters as well, maybe after us. */
  #forget(applier: string): void {
    this.#entries.delete(applier);
    this.#listening.clear();
    this.accounts.forget();
  }

  async #entryOf(applier: string): Promise<Entry> {
    const known = this.#entries.get(applier);
    if (known) return known;
    const stored = await this.kv.get(servedKey(applier));
    return { shares: decodeShares(stored?.string() ?? '[]'), revision: stored?.revision ?? 0 };
  }

  /** An agent has one account for its one cluster. */
  async #spread(
    applier: string,
    before: readonly Share[],
    clusters: readonly string[],
    agent: string | undefined,
  ): Promise<readonly Share[]> {
    if (agent !== undefined) return [{ clusters }];
    const { shares, left } = spread(before, clusters, this.accounts.roomOf(applier));
    const opened = left.map(async (more) => ({ clusters: more, access: await this.accounts.open(applier) }));
    return [...shares, ...(await Promise.all(opened))];
  }

  /** Before the list says so: what is written from then on of a cluster is delivered. What was before is read by whoever serves it. */
  async #listen(applier: string, shares: readonly Share[], agent: string | undefined): Promise<void> {
    for (const share of shares) {
      const account = this.accounts.accountOf(applier, share, agent);
      const tokens = share.clusters.map(encodeToken);
      if (this.#listening.get(account) === tokens.join()) continue;
      const filters = tokens.flatMap((token) => clusterSubjects(token).filters);
      await ensureConsumer(this.jsm, following(liveConsumer(account), filters));
      this.#listening.set(account, tokens.join());
    }
  }

  async #ensureHistories(tokens: readonly string[]): Promise<void> {
    const missing = tokens.filter((token) => !this.#ensured.has(token));
    for (let at = 0; at < missing.length; at += atATime)
      await Promise.all(missing.slice(at, at + atATime).map((token) => this.#ensureHistory(token)));
  }

  async #ensureHistory(token: string): Promise<void> {
    await ensureConsumer(this.jsm, rewindable(historyConsumer(token), clusterSubjects(token).filters));
    this.#ensured.add(token);
  }
}
