import { planAggregate } from '@syncline/domain';
import { parseTargetSubject, subjects, type TargetEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, Clock, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { reactingTo } from '../cause.js';
import { findPause } from '../pausing/find-pause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';

type Detected = Extract<TargetEvent, { type: 'DriftDetected' }>;

/** What drifted, in a few words. */
const whatOf = ({ objects, objectCount }: Detected['data']): string => {
  const [first] = objects;
  if (!first) return `${objectCount} objects`;
  const { kind, namespace, name } = first.object;
  const [field] = first.fields;
  const by = field?.manager === undefined ? '' : ` by ${field.manager}`;
  const where = field ? ` ${field.path}${by}` : ` ${first.change}`;
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}${where}`;
};

/** Drift of an application that heals leads to a plan of what was applied last. */
@Controller()
export class HealingReaction {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Reaction({ name: 'healing', subjects: ['ev.cluster.*.target.>'], types: ['DriftDetected'] })
  async driftDetected(event: StoredEvent<Detected>): Promise<void> {
    const target = parseTargetSubject(event.subject);
    if (!target) return;
    // What drifts meanwhile is healed when the application is resumed.
    const { project, application } = target;
    if (await findPause(this.aggregates, project, application, event.position)) return;
    const subject = subjects.plan(target.cluster, project, application);
    const outcome = await this.aggregates.load(outcomeAggregate, event.subject, event.position);
    await this.aggregates.decide(
      planAggregate,
      subject,
      {
        type: 'heal',
        plan: event.data.plan,
        ending: endingOf(outcome.state),
        what: whatOf(event.data),
        // By the clock that heals are recorded by: an applier's may be another.
        at: this.clock.now().toISOString(),
      },
      reactingTo(event),
    );
  }
}
