import { planAggregate, requestOf, targetAggregate, type PlanState, type Request } from '@syncline/domain';
import { encodeToken, parseTargetSubject, subjects, type LinkEvent, type TargetName } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, EventLog, type StoredEvent } from '@syncline/kernel';
import { isRenderError } from '@syncline/render';
import { Controller, Inject } from '@nestjs/common';
import pLimit from 'p-limit';

import { Fleet } from '../applications/fleet.js';
import { reactingTo } from '../cause.js';
import { endingOf } from '../rollouts/progress.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { Manifests } from './manifests.js';

type Observed = Extract<LinkEvent, { type: 'CapabilitiesObserved' }>;

const concurrently = 4;
const mayRest: readonly PlanState['status'][] = ['unchanged', 'failed', 'drafted', 'approved'];

/** A cluster that serves something else than before: what a chart renders to there may be another, and is planned anew then. */
@Controller()
export class CapabilitiesReaction {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Fleet) private readonly fleet: Fleet,
    @Inject(Manifests) private readonly manifests: Manifests,
  ) {}

  @Reaction({ name: 'capabilities', subjects: ['ev.cluster.*.link'], types: ['CapabilitiesObserved'] })
  async capabilitiesObserved(event: StoredEvent<Observed>): Promise<void> {
    const member = await this.fleet.find(event.data.cluster);
    if (!member) return;
    const limit = pLimit(concurrently);
    const found = await this.log.subjects(`ev.plan.${encodeToken(member.cluster)}.>`);
    await Promise.all(found.map((subject) => limit(() => this.#look(event, subject, member.recipient))));
  }

  async #look(event: StoredEvent<Observed>, subject: string, recipient: string): Promise<void> {
    const target = parseTargetSubject(subject);
    const { state } = await this.aggregates.load(planAggregate, subject);
    const request = requestOf(state);
    if (!target || !request || request.recorded || !mayRest.includes(state.status)) return;
    if (!(await this.#rendersAnew(target, request, recipient))) return;
    const { cluster, project, application } = target;
    const of = subjects.target(cluster, project, application);
    const ending = endingOf((await this.aggregates.load(outcomeAggregate, of)).state);
    const command = { type: 'replan', ...(ending && { ending }) } as const;
    await this.aggregates.decide(planAggregate, subject, command, reactingTo(event));
  }

  /** Whether a chart renders to something else there than what was applied last. A render that fails is said by its plan. */
  async #rendersAnew(target: TargetName, { spec, revision }: Request, recipient: string): Promise<boolean> {
    if (!(await this.manifests.asksOfCluster(spec, revision))) return false;
    const { cluster, project, application } = target;
    const of = await this.aggregates.load(targetAggregate, subjects.target(cluster, project, application));
    try {
      const made = await this.manifests.make({ target, recipient, revision, spec });
      return !('render' in made) || made.render !== of.state.held.applied?.render;
    } catch (error) {
      if (!isRenderError(error) || error.code === 'no-space') throw error;
      return true;
    }
  }
}
