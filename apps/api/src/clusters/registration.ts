import { fleetAggregate, type FleetState } from '@syncline/domain';
import { encodeToken, subjects } from '@syncline/events';
import {
  clusterOwner, CommandRefused, OneAtATime, type Aggregates, type BlobRef, type BlobStore, type Cause, type EventLog,
  type Position, type ServedClusters,
} from '@syncline/kernel'; // prettier-ignore

import { ServedLists } from './served-lists.js';

const sealedMediaType = 'application/age';

/** What is asked for: labels, an applier, and the sealed kubeconfig where there is a new one. */
export type Registration = {
  readonly cluster: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly applier: string;
  readonly credential?: Uint8Array;
};

/** What is asked for where an agent reaches the cluster: its public keys, to connect by and to seal to. */
export type AgentRegistration = Pick<Registration, 'cluster' | 'labels'> & {
  readonly userKey: string;
  readonly recipient: string;
};

/** An agent that belongs to the installation now. */
export type Admitted = { readonly position: Position; readonly applier: string; readonly token: string };

type Member = Extract<FleetState, { status: 'member' }>['registration'];

/** The applier's name of the agent of a cluster. */
const agentOf = (cluster: string): string => `agent-${cluster}`;

/** What registering a cluster takes. `recipients` are the age public keys of the appliers. */
export type RegistrationParts = {
  readonly aggregates: Aggregates;
  readonly log: EventLog;
  readonly blobs: BlobStore;
  readonly servedClusters: ServedClusters;
  readonly recipients: Readonly<Record<string, string>>;
};

/**
 * Makes clusters members of the fleet in the order of ADR 5: credential, the applier's rights and list, then the event. Each
 * step may be repeated; of one cluster one after the other, of several at once.
 */
export class ClusterRegistration {
  readonly #turns = new OneAtATime();
  readonly #lists: ServedLists;

  constructor(private readonly parts: RegistrationParts) {
    this.#lists = new ServedLists(parts.log, parts.servedClusters);
  }

  /** Throws CommandRefused `applier-unavailable` where no such applier belongs to the installation. */
  register(wanted: Registration, cause: Cause): Promise<Position> {
    return this.#turns.run(wanted.cluster, () => this.#register(wanted, cause));
  }

  /**
   * Admits an agent as the only applier of its cluster; one that was there before is cut off. Throws CommandRefused
   * `agent-admitted` where the same request was answered before: its token is given once.
   */
  registerAgent(wanted: AgentRegistration, cause: Cause): Promise<Admitted> {
    return this.#turns.run(wanted.cluster, () => this.#registerAgent(wanted, cause));
  }

  /** Throws CommandRefused `cluster-unknown` where there never was such a cluster. */
  remove(cluster: string, reason: string | undefined, cause: Cause): Promise<Position> {
    return this.#turns.run(cluster, () => this.#remove(cluster, reason, cause));
  }

  async #register({ cluster, labels, applier, credential }: Registration, cause: Cause): Promise<Position> {
    const before = memberOf(await this.#stateOf(cluster));
    if (before?.agent && before.applier === applier) {
      if (credential) throw hasAgent(cluster);
      return (await this.#decide({ ...before, labels }, cause)).position;
    }
    const recipient = this.#recipientOf(applier);
    const blob = credential && (await this.#keep(cluster, credential));
    const member = { cluster, labels, applier, recipient, ...(blob && { credential: blob }) };
    const { position, now } = await this.#lists.joining(applier, cluster, () => this.#decide(member, cause));
    await this.#leave(before, now);
    return position;
  }

  async #registerAgent(
    { cluster, labels, userKey, recipient }: AgentRegistration,
    cause: Cause,
  ): Promise<Admitted> {
    const { servedClusters } = this.parts;
    const applier = agentOf(cluster);
    if (this.parts.recipients[applier] !== undefined) throw isApplier(applier);
    const before = memberOf(await this.#stateOf(cluster));
    const { account, token } = await servedClusters.admit(applier, cluster, userKey);
    await servedClusters.assign(applier, [cluster], account);
    const wanted = { cluster, labels, applier, recipient, agent: { account, userKey } };
    const { position, now } = await this.#decide(wanted, cause);
    if (now?.agent?.account !== account) {
      await servedClusters.revoke(account);
      throw wasAdmitted(cluster);
    }
    await this.#leave(before, now);
    return { position, applier, token };
  }

  async #decide(data: Member, cause: Cause): Promise<{ position: Position; now: Member | undefined }> {
    const { position, state } = await this.parts.aggregates.decide(
      fleetAggregate,
      subjects.fleet(data.cluster),
      { type: 'register', data },
      cause,
    );
    return { position, now: memberOf(state) };
  }

  /** Takes the cluster from the applier that it had before, where that is another one now. */
  async #leave(before: Member | undefined, now: Member | undefined): Promise<void> {
    if (!before) return;
    const { applier, agent } = before;
    if (agent) {
      if (agent.account !== now?.agent?.account) await this.parts.servedClusters.revoke(agent.account);
    } else if (applier !== now?.applier) await this.#lists.write(applier);
  }

  async #remove(cluster: string, reason: string | undefined, cause: Cause): Promise<Position> {
    const before = memberOf(await this.#stateOf(cluster));
    const { position } = await this.parts.aggregates.decide(
      fleetAggregate,
      subjects.fleet(cluster),
      { type: 'remove', data: { cluster, ...(reason !== undefined && { reason }) } },
      cause,
    );
    await this.#leave(before, undefined);
    return position;
  }

  #recipientOf(applier: string): string {
    const recipient = this.parts.recipients[applier];
    if (recipient !== undefined) return recipient;
    const known = Object.keys(this.parts.recipients).join(', ');
    throw new CommandRefused(
      'applier-unavailable',
      `There is no applier ${applier} in this installation. It has: ${known}.`,
    );
  }

  #keep(cluster: string, credential: Uint8Array): Promise<BlobRef> {
    return this.parts.blobs.put(clusterOwner(encodeToken(cluster)), credential, sealedMediaType);
  }

  async #stateOf(cluster: string): Promise<FleetState> {
    return (await this.parts.aggregates.load(fleetAggregate, subjects.fleet(cluster))).state;
  }
}

const memberOf = (state: FleetState): Member | undefined =>
  state.status === 'member' ? state.registration : undefined;

const hasAgent = (cluster: string): CommandRefused =>
  new CommandRefused(
    'cluster-has-agent',
    `${cluster} is reached by an agent of its own, which has its own kubeconfig. Name an applier to take it from the agent.`,
  );

const isApplier = (applier: string): CommandRefused =>
  new CommandRefused(
    'applier-taken',
    `There is an applier ${applier} in this installation. Name the cluster in another way.`,
  );

const wasAdmitted = (cluster: string): CommandRefused =>
  new CommandRefused(
    'agent-admitted',
    `This request was answered before, and what an agent of ${cluster} joins with is given once. Ask for another agent under another Idempotency-Key.`,
  );
