import { applicationAggregate, planAggregate, targetSpecOf, type PlanCommand } from '@syncline/domain';
import { subjects, type ApplicationEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import pLimit from 'p-limit';

import { reactingTo } from '../cause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';
import { RolloutProgress } from '../rollouts/rollout-progress.js';

type Event<Type extends ApplicationEvent['type']> = StoredEvent<Extract<ApplicationEvent, { type: Type }>>;

const listens = { name: 'targets', subjects: ['ev.app.>'] };
const concurrently = 32;

/** What a rollout wants of each of its targets is asked of each on its own subject, so that none waits for another. */
@Controller()
export class TargetsReaction {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(RolloutProgress) private readonly progress: RolloutProgress,
  ) {}

  @Reaction({ ...listens, types: ['RolloutStarted'] })
  async rolloutStarted(event: Event<'RolloutStarted'>): Promise<void> {
    const { spec, released, revision } = event.data;
    await this.#release(event, spec, released, { type: 'release', reason: 'placement', revision });
  }

  @Reaction({ ...listens, types: ['ApplicationRetired'] })
  async applicationRetired(event: Event<'ApplicationRetired'>): Promise<void> {
    const { project, application: name, clusters, revision } = event.data;
    await this.#release(event, { project, name }, clusters, { type: 'release', reason: 'retired', revision });
  }

  @Reaction({ ...listens, types: ['WaveOpened'] })
  async waveOpened(event: Event<'WaveOpened'>): Promise<void> {
    const { rollout, revision, clusters } = event.data;
    const { state } = await this.aggregates.load(applicationAggregate, event.subject);
    // A rollout that was superseded meanwhile asks for nothing any more; its successor's wave comes after this one.
    if (state.status !== 'declared' || state.rollout?.id !== rollout) return;
    const { spec, members } = state;
    const limit = pLimit(concurrently);
    const request = async (cluster: string): Promise<void> => {
      const outcome = await this.aggregates.load(
        outcomeAggregate,
        subjects.target(cluster, spec.project, spec.name),
      );
      const ending = endingOf(outcome.state);
      await this.#decide(event, subjects.plan(cluster, spec.project, spec.name), {
        type: 'request',
        rollout,
        revision,
        reason: 'rollout',
        spec: targetSpecOf(spec, members[cluster] ?? {}),
        ...(ending && { ending }),
      });
    };
    await Promise.all(clusters.map((cluster) => limit(request, cluster)));
    // Where every target was what the rollout wants already, nothing more will happen on any of them.
    await this.progress.observe(event.subject, undefined, reactingTo(event));
  }

  async #release(
    event: StoredEvent,
    { project, name }: { readonly project: string; readonly name: string },
    clusters: readonly string[],
    command: PlanCommand,
  ): Promise<void> {
    const limit = pLimit(concurrently);
    await Promise.all(
      clusters.map((cluster) =>
        limit(() => this.#decide(event, subjects.plan(cluster, project, name), command)),
      ),
    );
  }

  async #decide(event: StoredEvent, subject: string, command: PlanCommand): Promise<void> {
    await this.aggregates.decide(planAggregate, subject, command, reactingTo(event));
  }
}
