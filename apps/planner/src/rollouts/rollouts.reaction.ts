import { planAggregate } from '@syncline/domain';
import { parseTargetSubject, subjects, type TargetEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, Clock, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { reactingTo } from '../cause.js';
import { RestoreProgress } from '../restores/restore-progress.js';
import { RolloutProgress } from './rollout-progress.js';

type Stale = Extract<TargetEvent, { type: 'PlanFoundStale' }>;

const listens = { name: 'rollouts', subjects: ['ev.plan.>', 'ev.cluster.*.target.>'] };

/** What only says that a member moves on; it matters where the member had failed, or was not known. */
const beginnings: ReadonlySet<string> = new Set(['PlanRequested', 'PlanApproved', 'ApplyStarted']);

/** What happens on the targets moves their rollout on, halts it, or voids a plan that no longer fits. */
@Controller()
export class RolloutsReaction {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(RolloutProgress) private readonly progress: RolloutProgress,
    @Inject(RestoreProgress) private readonly restores: RestoreProgress,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Reaction({
    ...listens,
    types: [
      'PlanRequested', 'PlanHeld', 'RenderFailed', 'PlanUnchanged', 'PlanDrafted', 'PlanApproved', 'PlanRejected',
      'ApplyStarted', 'ApplySucceeded', 'ApplyFailed', 'ApplyAborted', 'HealthTransitioned',
    ],
  }) // prettier-ignore
  async targetMoved(event: StoredEvent): Promise<void> {
    const target = parseTargetSubject(event.subject);
    if (!target) return;
    const application = subjects.application(target.project, target.application);
    const { rollout } = event.data as { readonly rollout?: string };
    const isKnown =
      beginnings.has(event.type) && this.progress.isOnItsWay(application, target.cluster, rollout);
    if (isKnown) return;
    await this.progress.observe(application, target.cluster, reactingTo(event));
    await this.restores.targetMoved(event);
  }

  @Reaction({ ...listens, types: ['PlanFoundStale'] })
  async planFoundStale(event: StoredEvent<Stale>): Promise<void> {
    const target = parseTargetSubject(event.subject);
    if (!target) return;
    const subject = subjects.plan(target.cluster, target.project, target.application);
    const { plan, reason } = event.data;
    const since = this.clock.now().toISOString();
    const command = { type: 'find-stale', plan, reason, since } as const;
    await this.aggregates.decide(planAggregate, subject, command, reactingTo(event));
  }
}
