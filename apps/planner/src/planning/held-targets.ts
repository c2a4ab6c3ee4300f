import { planAggregate, type PlanState } from '@syncline/domain';
import { encodeToken, parseTargetSubject } from '@syncline/events';
import { Aggregates, EventLog, type Cause } from '@syncline/kernel';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import pLimit from 'p-limit';

import { planner } from '../cause.js';
import { Log } from '../log.js';
import { PlannerMeter } from '../meter.js';
import { fromRecord } from './from-record.js';
import { TargetPlanner } from './target-planner.js';

const firstDelayMs = 2_000;
const longestDelayMs = 30_000;
const concurrently = 16;

type Waiting = {
  readonly subjects: Set<string>;
  readonly since: number;
  delayMs: number;
  timer: NodeJS.Timeout | undefined;
};
type Held = Extract<PlanState, { status: 'held' }>;

/**
 * Targets whose cluster could not be asked for a dry run. An applier says when its cluster's API server is back; that the
 * applier itself is back, nobody says. So one held target of each such cluster is tried again quietly, ever more seldom,
 * and only when it gets through are all of them planned anew: the log hears of a hold once, not of each attempt.
 */
@Injectable()
export class HeldTargets implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #clusters = new Map<string, Waiting>();
  #stopped = false;

  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(TargetPlanner) private readonly planner: TargetPlanner,
    @Inject(PlannerMeter) private readonly meter: PlannerMeter,
    @Inject(Log) private readonly logger: Log,
  ) {}

  /** Finds what was held when the planner stopped. */
  async onApplicationBootstrap(): Promise<void> {
    const limit = pLimit(concurrently);
    const find = async (subject: string): Promise<void> => {
      const target = parseTargetSubject(subject);
      if (target && (await this.#held(subject))) this.add(target.cluster, subject);
    };
    const subjects = await this.log.subjects('ev.plan.>');
    await Promise.all(subjects.map((subject) => limit(find, subject)));
  }

  onApplicationShutdown(): void {
    this.#stopped = true;
    for (const { timer } of this.#clusters.values()) clearTimeout(timer);
  }

  /** Takes a held target under watch. */
  add(cluster: string, subject: string): void {
    const waiting: Waiting = this.#clusters.get(cluster) ?? {
      subjects: new Set(),
      since: performance.now(),
      delayMs: firstDelayMs,
      timer: undefined,
    };
    if (!this.#clusters.has(cluster))
      this.logger.warn({ cluster, subject }, `waiting for ${cluster}: it cannot be asked for a dry run`);
    this.#clusters.set(cluster, waiting);
    waiting.subjects.add(subject);
    this.meter.held(cluster, waiting.subjects.size);
    if (waiting.timer === undefined) this.#schedule(cluster, waiting);
  }

  /** Plans anew every held target of a cluster. `because` makes it once where an event says so. */
  async release(cluster: string, because?: NonNullable<Cause['reaction']>): Promise<void> {
    const waiting = this.#clusters.get(cluster);
    clearTimeout(waiting?.timer);
    this.#forget(cluster, waiting);
    const limit = pLimit(concurrently);
    const subjects = await this.log.subjects(`ev.plan.${encodeToken(cluster)}.>`);
    await Promise.all(subjects.map((subject) => limit(() => this.#return(subject, because))));
  }

  #schedule(cluster: string, waiting: Waiting): void {
    if (this.#stopped) return;
    waiting.timer = setTimeout(() => {
      // What fails here (the log out of reach, say) is tried again with the next attempt.
      const attempt = this.#probe(cluster, waiting).catch(() => undefined);
      void attempt.then(() => {
        waiting.delayMs = Math.min(longestDelayMs, waiting.delayMs * 2);
        if (this.#clusters.get(cluster) === waiting) this.#schedule(cluster, waiting);
      });
    }, waiting.delayMs);
    waiting.timer.unref();
  }

  /** Tries the first target that is still held; a cluster without one is no longer watched. */
  async #probe(cluster: string, waiting: Waiting): Promise<void> {
    for (const subject of waiting.subjects) {
      const [held, target] = [await this.#held(subject), parseTargetSubject(subject)];
      if (!held || !target) {
        waiting.subjects.delete(subject);
        continue;
      }
      const { revision, spec, position: cause } = held.request;
      const asked = { target, revision, spec, cause, ...fromRecord(held.request) };
      const planned = await this.planner.plan(asked, { again: true });
      if (planned.status !== 'held') await this.release(cluster);
      return;
    }
    this.#forget(cluster, waiting);
  }

  #forget(cluster: string, waiting: Waiting | undefined): void {
    if (!waiting || this.#clusters.get(cluster) !== waiting) return;
    this.#clusters.delete(cluster);
    this.meter.held(cluster, 0);
    const waitedSeconds = (performance.now() - waiting.since) / 1000;
    this.logger.info({ cluster, waitedSeconds }, `no longer waiting for ${cluster}`);
  }

  async #held(subject: string): Promise<Held | undefined> {
    const { state } = await this.aggregates.load(planAggregate, subject);
    // What waits for an artifact is asked for anew when that is found.
    return state.status === 'held' && state.by !== 'artifact' ? state : undefined;
  }

  async #return(subject: string, reaction?: NonNullable<Cause['reaction']>): Promise<void> {
    const held = await this.#held(subject);
    if (!held) return;
    const cause = {
      actor: planner,
      correlationId: held.request.correlationId,
      ...(reaction && { reaction }),
    };
    await this.aggregates.decide(planAggregate, subject, { type: 'return' }, cause);
  }
}
