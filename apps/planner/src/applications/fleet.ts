import { fleetAggregate, type ClusterLabels } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { Aggregates, EventLog, type Position } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';

/** A cluster of the fleet, as planning needs it. */
export type Member = {
  readonly cluster: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly applier: string;
  /** age public key of its applier. */
  readonly recipient: string;
};

/** The fleet as the log says it is now. */
@Injectable()
export class Fleet {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Aggregates) private readonly aggregates: Aggregates,
  ) {}

  /** Every member, in the order of the names. */
  async members(): Promise<readonly Member[]> {
    const found = await Promise.all(
      (await this.log.subjects('ev.fleet.>')).map((subject) => this.#load(subject)),
    );
    return found.flatMap((one) => one ?? []).sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
  }

  /** The labels of every member. */
  async labels(): Promise<ClusterLabels> {
    return Object.fromEntries((await this.members()).map(({ cluster, labels }) => [cluster, labels]));
  }

  /** One cluster; undefined where it is no member. */
  find(cluster: string, since?: Position): Promise<Member | undefined> {
    return this.#load(subjects.fleet(cluster), since);
  }

  async #load(subject: string, since?: Position): Promise<Member | undefined> {
    const { state } = await this.aggregates.load(fleetAggregate, subject, since);
    if (state.status !== 'member') return undefined;
    const { cluster, labels, applier, recipient } = state.registration;
    return { cluster, labels, applier, recipient };
  }
}
