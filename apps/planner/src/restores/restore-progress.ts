import {
  planAggregate,
  requestOf,
  restoreAggregate,
  restoredName,
  type MemberProgress,
} from '@syncline/domain';
import { subjects, type RestoredTarget } from '@syncline/events';
import { Aggregates, parsePosition, type Cause, type StoredEvent } from '@syncline/kernel';
import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';

import { reactingTo } from '../cause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { planProgress } from '../rollouts/progress.js';

const concurrently = 16;
const mark = 'restore-';

/** The change that a restore is: by it events of targets are known to belong to one. */
export const restoreChange = (restore: string): string => `${mark}${restore}`;

/** How far the open step of a restore is. */
@Injectable()
export class RestoreProgress {
  constructor(@Inject(Aggregates) private readonly aggregates: Aggregates) {}

  /** Tells the restore that an event belongs to, where it belongs to one. */
  async targetMoved(event: StoredEvent): Promise<void> {
    if (!event.correlationId.startsWith(mark)) return;
    await this.observe(event.correlationId.slice(mark.length), reactingTo(event));
  }

  /** Tells a restore how far its open step is; `refused` are targets that could not be asked. */
  async observe(
    restore: string,
    cause: Cause,
    refused: Readonly<Record<string, MemberProgress>> = {},
  ): Promise<void> {
    const subject = subjects.restore(restore);
    const { state } = await this.aggregates.load(restoreAggregate, subject);
    if (state.status === 'absent' || state.status === 'completed') return;
    const { step, steps, openedAt } = state;
    const limit = pLimit(concurrently);
    const read = async (target: RestoredTarget) =>
      [restoredName(target), await this.#member(target, openedAt)] as const;
    const members = await Promise.all((steps[step]?.targets ?? []).map((one) => limit(read, one)));
    const progress = { ...Object.fromEntries(members), ...refused };
    await this.aggregates.decide(restoreAggregate, subject, { type: 'observe', step, progress }, cause);
  }

  /** Whether a target runs what it ran before, without any replay. */
  async isAlready({ cluster, project, application, plan }: RestoredTarget): Promise<boolean> {
    const outcome = await this.aggregates.load(
      outcomeAggregate,
      subjects.target(cluster, project, application),
    );
    return outcome.state.status === 'succeeded' && outcome.state.plan === plan;
  }

  async #member(target: RestoredTarget, openedAt: number): Promise<MemberProgress> {
    const { cluster, project, application } = target;
    const [plan, outcome] = await Promise.all([
      this.aggregates.load(planAggregate, subjects.plan(cluster, project, application)),
      this.aggregates.load(outcomeAggregate, subjects.target(cluster, project, application)),
    ]);
    const request = requestOf(plan.state);
    if (request?.recorded?.plan === target.plan) return planProgress(plan.state, outcome.state);
    if (await this.isAlready(target)) return { status: 'done' };
    // What was asked before the step was opened only waits for its turn.
    const isLater = (parsePosition(request?.position ?? '')?.sequence ?? 0) > openedAt;
    return isLater
      ? { status: 'failed', reason: 'Something else was asked of the target since.' }
      : { status: 'pending' };
  }
}
