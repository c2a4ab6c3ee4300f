import { fleetAggregate, linkAggregate } from '@syncline/domain';
import type { Agent, Turns } from '@syncline/event-store';
import { subjects } from '@syncline/events';
import { AdapterError, type BlobRef } from '@syncline/kernel';
import { connectCluster, type ClusterClient } from '@syncline/kubernetes';
import type { Logger } from '@syncline/observability';
import { unseal } from '@syncline/sealing';

import { Documents, ReadBlobs } from '../documents.js';
import { InHand } from '../in-hand.js';
import type { ApplierMeter } from '../meter.js';
import { recordUntilDone } from '../recording.js';
import type { Audits } from '../audit/audits.js';
import { openTrail } from '../audit/open-trail.js';
import { actor } from '../surroundings.js';
import { Cluster, type ServiceIdentity } from './cluster.js';
import { FirstLooks } from './first-looks.js';

/** The hub takes an agent for lost after several of these. */
const sayEveryMs = 3_000;

/** What the clusters of one applier stand on. */
export type ClustersOptions = {
  readonly applier: string;
  readonly agent: Agent;
  readonly identity: string;
  readonly hmacKey: Uint8Array;
  /** Of an agent, which brings its own; otherwise it comes sealed, with the registration of a cluster. */
  readonly kubeconfig?: string;
  readonly service: ServiceIdentity;
  readonly dryRuns: Turns;
  readonly audits: Audits;
  readonly meter: ApplierMeter;
  readonly logger: Logger;
};

/** What a cluster is reached by, told apart by its digest: sealed in a blob, or the agent's own. */
type Credential = { readonly digest: string; readonly sealed?: BlobRef };
const ownCredential: Credential = { digest: 'own' };

type Open = { readonly credential: string; readonly cluster: Cluster; isServed: boolean };

/** The clusters that this applier serves: opened as they are registered, reconnected on a new credential, closed as they leave. */
export class Clusters {
  readonly #open = new Map<string, Open>();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #ended = new AbortController();
  readonly #inHand = new InHand();
  readonly #blobs = new ReadBlobs();
  readonly #looks = new FirstLooks();
  #served: ReadonlySet<string> = new Set();
  #following: Promise<void> = Promise.resolve();
  #saying: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor(private readonly options: ClustersOptions) {}

  /** What it has not looked at yet of what it serves, in sentences. */
  get missing(): readonly string[] {
    return this.#looks.missing;
  }

  /** Follows the list of served clusters, in the background, until the service begins to end. */
  start(): void {
    this.#looks.start();
    this.#following = this.#follow();
    this.options.agent.stopping.addEventListener('abort', () => void this.stop(), { once: true });
    if (this.options.kubeconfig === undefined) return;
    this.#saying = setInterval(() => this.#sayThatItIsThere(), sayEveryMs).unref();
  }

  #sayThatItIsThere(): void {
    const { agent, kubeconfig } = this.options;
    if (kubeconfig !== undefined) for (const cluster of this.#served) agent.signs.say(cluster);
  }

  /** Something was said about a target; a cluster that is not open yet finds it in the log when it is. */
  look(cluster: string, subject: string): void {
    this.#open.get(cluster)?.cluster.look(subject);
  }

  /** The hub lost sight of this applier and has it again: it hears anew whether the cluster's API server answers. */
  sayAnew(cluster: string): void {
    this.#open.get(cluster)?.cluster.sayAnew();
  }

  /** Brings one cluster to what the log says of it: open with its newest credential, or closed. One at a time per cluster. */
  refresh(cluster: string): Promise<void> {
    const turn = (this.#turns.get(cluster) ?? Promise.resolve()).then(() => this.#refresh(cluster));
    this.#turns.set(
      cluster,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** Closes every cluster at its next safe points; resolves when all are closed, however often it is called. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  /** Those that are served are closed at once: another one that is still being opened may wait for the log. */
  async #stop(): Promise<void> {
    this.#ended.abort();
    clearInterval(this.#saying);
    this.#looks.end();
    const served = [...this.#open].filter(([, { isServed }]) => isServed);
    await Promise.all([
      ...served.map(([cluster]) => this.#close(cluster)),
      ...this.#turns.values(),
      this.#following,
    ]);
    await Promise.all([...this.#open.keys()].map((cluster) => this.#close(cluster)));
  }

  async #follow(): Promise<void> {
    const { agent, applier } = this.options;
    for await (const list of agent.servedClusters.watch(applier, this.#ended.signal)) {
      const before = this.#served;
      this.#served = new Set(list);
      this.#looks.begin(list);
      this.#sayThatItIsThere();
      const changed = [...before, ...list].filter((one) => before.has(one) !== this.#served.has(one));
      for (const cluster of changed) void this.#serve(cluster).then(() => this.#looks.done(cluster));
    }
  }

  /** Resolves when the cluster was looked at, where it is to be. */
  async #serve(cluster: string): Promise<void> {
    try {
      // Rights may be a moment behind the list, so reading is tried again until it works.
      await recordUntilDone(() => this.refresh(cluster), this.#ended.signal);
      await this.#open.get(cluster)?.cluster.looked;
    } catch (error) {
      this.options.logger.error({ err: error, cluster }, 'a cluster cannot be served');
    }
  }

  async #refresh(cluster: string): Promise<void> {
    const credential = await this.#credentialOf(cluster);
    const open = this.#open.get(cluster);
    if (this.#ended.signal.aborted || open?.credential === credential?.digest) return;
    if (open) await this.#close(cluster);
    if (credential) await this.#openCluster(cluster, credential);
  }

  /** By what a cluster that is ours to serve is reached. */
  async #credentialOf(cluster: string): Promise<Credential | undefined> {
    if (!this.#served.has(cluster)) return undefined;
    const { aggregates } = this.options.agent;
    const { state } = await aggregates.load(fleetAggregate, subjects.fleet(cluster));
    if (state.status !== 'member' || state.registration.applier !== this.options.applier) return undefined;
    if (this.options.kubeconfig !== undefined) return ownCredential;
    const { credential: sealed } = state.registration;
    return sealed && { digest: sealed.digest, sealed };
  }

  async #openCluster(name: string, { digest, sealed }: Credential): Promise<void> {
    const { agent, identity, dryRuns, meter, logger, service } = this.options;
    const documents = new Documents(agent.blobs, name, this.#blobs);
    const client = await this.#connect(name, sealed && (await documents.readBytes(sealed)));
    if (!client) return;
    const audit = openTrail(this.options, name);
    const cluster = new Cluster({
      cluster: name,
      client,
      log: agent,
      documents,
      identity,
      dryRuns,
      inHand: this.#inHand,
      meter,
      ...(audit && { audit }),
      logger: logger.child({ cluster: name }),
    });
    const open = { credential: digest, cluster, isServed: false };
    this.#open.set(name, open);
    try {
      await cluster.open(service);
      open.isServed = true;
    } catch (error) {
      await this.#close(name);
      throw error;
    }
    logger.info({ cluster: name }, 'a cluster is served');
  }

  /** Undefined, and said in the log, where the credential is of no use: a new one comes as a new registration. */
  async #connect(name: string, sealed: Uint8Array | undefined): Promise<ClusterClient | undefined> {
    const { identity, hmacKey, kubeconfig: own = '' } = this.options;
    try {
      const kubeconfig = sealed ? new TextDecoder().decode(await unseal(sealed, identity)) : own;
      return connectCluster({ name, kubeconfig, hmacKey });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const { code, message: reason } = error;
      const data = { cluster: name, class: code, reason, since: new Date().toISOString() };
      await this.options.agent.aggregates.decide(
        linkAggregate,
        subjects.link(name),
        { type: 'lose', data },
        { actor, correlationId: `link-${name}` },
      );
      return undefined;
    }
  }

  async #close(cluster: string): Promise<void> {
    const open = this.#open.get(cluster);
    this.#open.delete(cluster);
    this.options.audits.close(cluster);
    await open?.cluster.close();
  }
}
