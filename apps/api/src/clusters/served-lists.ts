import { fleetAggregate, type FleetState } from '@syncline/domain';
import { decodeToken, type FleetEvent } from '@syncline/events';
import { fold, OneAtATime, type EventLog, type ServedClusters } from '@syncline/kernel';

/** Every cluster's own subject. */
const fleet = 'ev.fleet.*';

/**
 * The lists of clusters that appliers serve. Each is written whole, as the log says, so those that are asked for while one
 * is written are written together; and of the log only what is new is read.
 */
export class ServedLists {
  readonly #turns = new OneAtATime();
  readonly #reading = new OneAtATime();
  readonly #states = new Map<string, FleetState>();
  #after = 0;
  /** Clusters whose registration is under way, and by which applier. */
  readonly #joining = new Map<string, string>();
  /** The writing of an applier's list that has not begun. */
  readonly #next = new Map<string, Promise<void>>();

  constructor(
    private readonly log: EventLog,
    private readonly served: ServedClusters,
  ) {}

  /** Does the work that makes a cluster the applier's; it is on the list before, and stays there where the log says so. */
  async joining<Result>(applier: string, cluster: string, work: () => Promise<Result>): Promise<Result> {
    this.#joining.set(cluster, applier);
    try {
      await this.write(applier);
      return await work();
    } finally {
      this.#joining.delete(cluster);
    }
  }

  /** Writes an applier's list as it is by now or later. */
  write(applier: string): Promise<void> {
    const waiting = this.#next.get(applier);
    if (waiting) return waiting;
    const next = this.#turns.run(applier, async () => {
      // Who asks in the same breath is on the same list.
      await Promise.resolve();
      this.#next.delete(applier);
      // A registration that ends while the log is read may be in neither.
      const joining = this.#joiningTo(applier);
      await this.#reading.run(fleet, () => this.#readOn());
      const all = [...joining, ...this.#joiningTo(applier), ...this.#membersOf(applier)];
      await this.served.assign(applier, [...new Set(all)].sort());
    });
    this.#next.set(applier, next);
    return next;
  }

  async #readOn(): Promise<void> {
    for await (const { message, events } of this.log.scan({
      subjects: [fleet],
      afterSequence: this.#after,
    })) {
      const cluster = decodeToken(message.subject.slice(fleet.length - 1));
      const before = this.#states.get(cluster) ?? fleetAggregate.decider.initial;
      this.#states.set(cluster, fold(fleetAggregate.decider, events as readonly FleetEvent[], before));
      this.#after = message.sequence;
    }
  }

  #joiningTo(applier: string): readonly string[] {
    return [...this.#joining].flatMap(([cluster, to]) => (to === applier ? [cluster] : []));
  }

  #membersOf(applier: string): readonly string[] {
    return [...this.#states].flatMap(([cluster, state]) =>
      state.status === 'member' && state.registration.applier === applier ? [cluster] : [],
    );
  }
}
