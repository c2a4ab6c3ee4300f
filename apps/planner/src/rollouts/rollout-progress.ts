import {
  applicationAggregate,
  planAggregate,
  targetSpecOf,
  type ApplicationState,
  type MemberProgress,
  type WaveProgress,
} from '@syncline/domain';
import { subjects } from '@syncline/events';
import { Aggregates, type Cause, type Position } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';

import { outcomeAggregate } from './outcome.js';
import { progressOf } from './progress.js';

type Declared = Extract<ApplicationState, { status: 'declared' }>;
type Known = {
  readonly rollout: string;
  readonly wave: number;
  readonly members: Map<string, MemberProgress>;
};

/** An application as it was when something happened; `since` is where that stands in the log. */
type Observed = {
  readonly application: string;
  readonly state: Declared;
  readonly since: Position | undefined;
};

const concurrently = 32;

/**
 * How far the members of each running rollout are. Kept in memory, because a wave of a thousand clusters has thousands of
 * events and each would otherwise read all of its members; what is not known (after a restart) is read from the log.
 */
@Injectable()
export class RolloutProgress {
  /** By the application's subject: only its current rollout. */
  readonly #known = new Map<string, Known>();
  /** What is known of an application is read and renewed by one at a time, or a late reader would bring back old news. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(@Inject(Aggregates) protected readonly aggregates: Aggregates) {}

  /** Tells the application how far its open wave is. `cluster` is the member that something happened on. */
  async observe(application: string, cluster: string | undefined, cause: Cause): Promise<void> {
    const before = this.#turns.get(application) ?? Promise.resolve();
    const turn = before.then(() => this.#observe(application, cluster, cause));
    const settled = turn.catch(() => undefined);
    this.#turns.set(application, settled);
    try {
      await turn;
    } finally {
      if (this.#turns.get(application) === settled) this.#turns.delete(application);
    }
  }

  /**
   * Whether a beginning (a plan asked for or approved, an apply started) can tell nothing new: its member is known to be
   * on its way in the very rollout that the event belongs to.
   */
  isOnItsWay(application: string, cluster: string, rollout: string | undefined): boolean {
    const known = this.#known.get(application);
    const isCurrent = rollout === undefined || known?.rollout === rollout;
    return isCurrent && known?.members.get(cluster)?.status === 'pending';
  }

  async #observe(application: string, cluster: string | undefined, cause: Cause): Promise<void> {
    const since = cause.reaction?.position;
    const { state } = await this.aggregates.load(applicationAggregate, application, since);
    if (state.status !== 'declared' || !state.rollout || state.rollout.status === 'completed') {
      this.#known.delete(application);
      return;
    }
    const progress = await this.#progressOf({ application, state, since }, state.rollout, cluster);
    if (!progress) return;
    const { id: rollout, wave } = state.rollout;
    const command = { type: 'observe', rollout, wave, progress } as const;
    await this.aggregates.decide(applicationAggregate, application, command, cause);
  }

  async #progressOf(
    { application, state, since }: Observed,
    { id, wave, waves }: NonNullable<Declared['rollout']>,
    cluster: string | undefined,
  ): Promise<WaveProgress | undefined> {
    const clusters = waves[wave]?.clusters ?? [];
    if (cluster !== undefined && !clusters.includes(cluster)) return undefined;
    const known = this.#known.get(application);
    if (known?.rollout === id && known.wave === wave && cluster !== undefined) {
      known.members.set(cluster, await this.#member(state, cluster, since));
      return Object.fromEntries(known.members);
    }
    const limit = pLimit(concurrently);
    const read = async (one: string) => [one, await this.#member(state, one, since)] as const;
    const members = new Map(await Promise.all(clusters.map((one) => limit(read, one))));
    this.#known.set(application, { rollout: id, wave, members });
    return Object.fromEntries(members);
  }

  async #member(
    { spec, revision, members }: Declared,
    cluster: string,
    since: Position | undefined,
  ): Promise<MemberProgress> {
    const { project, name } = spec;
    const [plan, outcome] = await Promise.all([
      this.aggregates.load(planAggregate, subjects.plan(cluster, project, name), since),
      this.aggregates.load(outcomeAggregate, subjects.target(cluster, project, name), since),
    ]);
    const wanted = { revision, spec: targetSpecOf(spec, members[cluster] ?? {}) };
    return progressOf(plan.state, outcome.state, wanted);
  }
}
