import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { encodeToken } from '@syncline/events';
import type { BlobStore, ClusterAnswers, SignsOfLife } from '@syncline/kernel';

import { accountOf, credentialsFor } from '../accounts/claims.js';
import type { Share } from '../accounts/shares.js';
import type { HeardMessage } from '../heard-messages.js';
import type { StoreMeter } from '../hub.js';
import { AgentMessageLog } from './agent-message-log.js';
import { lookPatiently, NatsBlobStore } from './blobs.js';
import { HistoryRoom } from './cluster-history.js';
import { ConnectionState } from './connection-state.js';
import { allRestored } from './recorded-time.js';
import { openConnection, type ConnectionOptions } from './connection.js';
import type { ConsumerLink } from './consumer-source.js';
import { NatsClusterAnswers } from './requests.js';
import { natsSigns } from './signs.js';

/** Of all clusters' histories together, while a start folds their subjects. */
const keptBytes = 64 * 1024 * 1024;

/** One connection of an applier, and what it reaches by it; `account` is the public key of the account that it is to. */
export type AgentLink = ConsumerLink & {
  readonly account: string;
  readonly jsm: JetStreamManager;
  readonly messages: AgentMessageLog;
  readonly blobs: BlobStore;
  readonly answers: ClusterAnswers;
  readonly signs: SignsOfLife;
};

/** How an applier connects; with the same name and key to each of its accounts. */
export type AgentLinksOptions = Pick<ConnectionOptions, 'servers' | 'credentials' | 'name'> & {
  readonly meter?: StoreMeter;
};

/**
 * The connections of an applier: one to each account that its clusters are spread over, the first of which it starts with.
 * Which of them reaches a cluster is said by the list of served clusters.
 */
export class AgentLinks {
  readonly #room = new HistoryRoom(keptBytes);
  /** Connections to further accounts, by account. */
  readonly #more = new Map<string, Promise<AgentLink>>();
  /** Those of them that stand. */
  readonly #open = new Map<string, AgentLink>();
  /** The further account of a cluster (an encoded name). */
  readonly #accountOf = new Map<string, NonNullable<Share['access']>>();
  /** Told of every delivery of every cluster. */
  onDelivered: (message: HeardMessage) => void = () => undefined;
  #own: AgentLink | undefined;
  #isClosed = false;

  private constructor(private readonly options: AgentLinksOptions) {}

  static async open(options: AgentLinksOptions): Promise<AgentLinks> {
    const links = new AgentLinks(options);
    const connected = (isConnected: boolean): void =>
      options.meter?.connected?.(isConnected, options.servers);
    links.#own = await links.#connect(options.credentials, connected);
    return links;
  }

  /** To the account that it starts with. */
  get own(): AgentLink {
    if (!this.#own) throw new Error('not connected yet');
    return this.#own;
  }

  /** All that stand or stood. */
  get all(): readonly AgentLink[] {
    return [this.own, ...this.#open.values()];
  }

  /** The one that reaches a cluster (an encoded name), as far as it is known and connected. */
  of(token: string): AgentLink {
    return this.#open.get(this.#accountOf.get(token)?.account ?? '') ?? this.own;
  }

  /** Connects where the cluster is reached by an account that is not connected to yet. */
  async reach(cluster: string): Promise<AgentLink> {
    const access = this.#accountOf.get(encodeToken(cluster));
    return access ? this.#reach(access) : this.own;
  }

  /** Takes note of which account reaches which cluster, and connects; an account that does not let it in is tried again by `reach`. */
  async take(shares: readonly Share[]): Promise<void> {
    this.#accountOf.clear();
    for (const { access, clusters } of shares)
      if (access) for (const cluster of clusters) this.#accountOf.set(encodeToken(cluster), access);
    await Promise.allSettled(shares.flatMap(({ access }) => (access ? [this.#reach(access)] : [])));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#more.values());
    await Promise.all(this.all.map(({ state }) => state.close()));
  }

  #reach({ account, token }: NonNullable<Share['access']>): Promise<AgentLink> {
    const known = this.#more.get(account);
    if (known) return known;
    const opening = this.#connect(credentialsFor(token, this.options.credentials)).then((link) => {
      this.#open.set(account, link);
      return link;
    });
    this.#more.set(account, opening);
    opening.catch(() => this.#more.delete(account));
    return opening;
  }

  async #connect(credentials: string, onChange?: (isConnected: boolean) => void): Promise<AgentLink> {
    if (this.#isClosed) throw new Error('the connections are closed');
    const { servers, name, meter } = this.options;
    const nc = await openConnection({ servers, credentials, name, ...(onChange && { onWait: onChange }) });
    const js: JetStreamClient = jetstream(nc);
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const state = new ConnectionState(nc, onChange);
    state.restored = allRestored;
    const messages = new AgentMessageLog({ nc, js, jsm }, this.#room, meter?.historyRead);
    state.onReturn(() => messages.forget());
    return {
      account: accountOf(credentials),
      nc,
      js,
      jsm,
      state,
      messages,
      onDelivered: (message) => {
        messages.remember(message);
        this.onDelivered(message);
      },
      blobs: new NatsBlobStore(js, jsm, (subject) => lookPatiently(jsm, subject)),
      answers: new NatsClusterAnswers(nc),
      signs: natsSigns(nc, state),
    };
  }
}
