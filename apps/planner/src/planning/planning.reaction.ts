import { planAggregate, targetAggregate } from '@syncline/domain';
import { parseTargetSubject, subjects, type PlanEvent, type TargetName } from '@syncline/events';
import { Reaction, Turns } from '@syncline/event-store';
import { Aggregates, formatPosition, type Position, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { reactingTo } from '../cause.js';
import { findPause } from '../pausing/find-pause.js';
import { fromRecord } from './from-record.js';
import { HeldTargets } from './held-targets.js';
import type { StoredManifests } from './manifests.js';
import { PlanRecorder } from './plan-recorder.js';
import { TargetPlanner } from './target-planner.js';

/** How many targets are begun to be planned before one is done, and how long one usually takes at most. */
const [plansAtOnce, usualPlanMs] = [12, 250];

type Requested = Extract<PlanEvent, { type: 'PlanRequested' }>;

/** Each request to plan a target becomes a plan, nothing to do, a failure, or a target that is held. */
@Controller()
export class PlanningReaction {
  readonly #turns = new Turns(plansAtOnce, usualPlanMs);

  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(TargetPlanner) private readonly planner: TargetPlanner,
    @Inject(PlanRecorder) private readonly recorder: PlanRecorder,
    @Inject(HeldTargets) private readonly held: HeldTargets,
  ) {}

  @Reaction({ name: 'planning', subjects: ['ev.plan.>'], types: ['PlanRequested'] })
  planRequested(event: StoredEvent<Requested>): Promise<void> {
    return this.#turns.take(() => this.#plan(event));
  }

  async #plan(event: StoredEvent<Requested>): Promise<void> {
    const target = parseTargetSubject(event.subject);
    const { state } = await this.aggregates.load(planAggregate, event.subject, event.position);
    const cause = formatPosition(event.position);
    // What was asked before the newest request, or is answered already, costs no render and no call.
    if (!target || state.status !== 'requested' || state.request.position !== cause) return;
    const pause = await findPause(this.aggregates, target.project, target.application, event.position);
    if (pause) {
      // What was asked for just as the pause came waits as everything else does.
      const held = { type: 'pause', reason: pause.reason, since: pause.since } as const;
      await this.aggregates.decide(planAggregate, event.subject, held, reactingTo(event));
      return;
    }
    const { revision, spec } = event.data;
    const isOfApplied = state.request.heals || (event.data.reason === 'undelete' && !state.request.recorded);
    const applied = isOfApplied ? await this.#appliedTo(target, event.position) : undefined;
    const planned = await this.planner.plan({
      ...{ target, revision, spec, cause, since: event.position },
      ...fromRecord(state.request, applied),
    });
    const command = await this.recorder.commandFor(target, cause, planned);
    const decided = await this.aggregates.decide(planAggregate, event.subject, command, reactingTo(event));
    if (planned.status === 'held' && planned.by === 'cluster' && decided.state.status === 'held')
      this.held.add(target.cluster, event.subject);
  }

  /** What heals or brings back is what was applied last, and nothing rendered anew. */
  async #appliedTo(
    { cluster, project, application }: TargetName,
    since: Position,
  ): Promise<StoredManifests | undefined> {
    const subject = subjects.target(cluster, project, application);
    const { applied } = (await this.aggregates.load(targetAggregate, subject, since)).state.held;
    return applied && { manifests: applied.manifests, render: applied.render };
  }
}
