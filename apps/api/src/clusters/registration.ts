import { fleetAggregate, type FleetState } from '@syncline/domain';
import { decodeToken, encodeToken, subjects } from '@syncline/events';
import {
  clusterOwner, CommandRefused, type Aggregates, type BlobRef, type BlobStore, type Cause, type EventLog, type Position,
  type ServedClusters,
} from '@syncline/kernel'; // prettier-ignore

const sealedMediaType = 'application/age';

/** What is asked for: labels, an applier, and the sealed kubeconfig where there is a new one. */
export type Registration = {
  readonly cluster: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly applier: string;
  readonly credential?: Uint8Array;
};

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
 * step may be repeated; one at a time, because the list of an applier is written whole.
 */
export class ClusterRegistration {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: RegistrationParts) {}

  /** Throws CommandRefused `applier-unavailable` where no such applier belongs to the installation. */
  register(wanted: Registration, cause: Cause): Promise<Position> {
    return this.#inTurn(() => this.#register(wanted, cause));
  }

  /** Throws CommandRefused `cluster-unknown` where there never was such a cluster. */
  remove(cluster: string, reason: string | undefined, cause: Cause): Promise<Position> {
    return this.#inTurn(() => this.#remove(cluster, reason, cause));
  }

  async #register({ cluster, labels, applier, credential }: Registration, cause: Cause): Promise<Position> {
    const recipient = this.#recipientOf(applier);
    const before = await this.#stateOf(cluster);
    const blob = credential && (await this.#keep(cluster, credential));
    await this.#assign(applier, (members) => members.add(cluster));
    const data = { cluster, labels, applier, recipient, ...(blob && { credential: blob }) };
    const { position } = await this.parts.aggregates.decide(
      fleetAggregate,
      subjects.fleet(cluster),
      { type: 'register', data },
      cause,
    );
    const left = before.status === 'member' ? before.registration.applier : applier;
    if (left !== applier) await this.#assign(left, (members) => members.delete(cluster));
    return position;
  }

  async #remove(cluster: string, reason: string | undefined, cause: Cause): Promise<Position> {
    const before = await this.#stateOf(cluster);
    const { position } = await this.parts.aggregates.decide(
      fleetAggregate,
      subjects.fleet(cluster),
      { type: 'remove', data: { cluster, ...(reason !== undefined && { reason }) } },
      cause,
    );
    if (before.status === 'member') {
      await this.#assign(before.registration.applier, (members) => members.delete(cluster));
    }
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

  async #assign(applier: string, change: (members: Set<string>) => unknown): Promise<void> {
    const members = new Set(await this.#membersOf(applier));
    change(members);
    await this.parts.servedClusters.assign(applier, [...members].sort());
  }

  async #membersOf(applier: string): Promise<readonly string[]> {
    const found = await this.parts.log.subjects('ev.fleet.*');
    const clusters = found.map((subject) => decodeToken(subject.slice('ev.fleet.'.length)));
    const states = await Promise.all(clusters.map(async (one) => [one, await this.#stateOf(one)] as const));
    return states.flatMap(([one, state]) =>
      state.status === 'member' && state.registration.applier === applier ? [one] : [],
    );
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
