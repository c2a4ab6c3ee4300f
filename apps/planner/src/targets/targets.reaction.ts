import {
  applicationAggregate,
  planAggregate,
  targetSpecOf,
  type Ending,
  type PlanCommand,
} from '@syncline/domain';
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

type CommandFor = (cluster: string, ending: Ending | undefined) => PlanCommand;

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
    const { spec, members, pause: paused } = state;
    await this.#decideEach(event, spec, clusters, (cluster, ending) => ({
      type: 'request',
      rollout,
      revision,
      reason: 'rollout',
      spec: targetSpecOf(spec, members[cluster] ?? {}),
      ...(ending && { ending }),
      ...(paused && { paused: { reason: paused.reason, since: paused.since } }),
    }));
    // Where every target was what the rollout wants already, nothing more will happen on any of them.
    await this.progress.observe(event.subject, undefined, reactingTo(event));
  }

  @Reaction({ ...listens, types: ['ApplicationPaused'] })
  async applicationPaused(event: Event<'ApplicationPaused'>): Promise<void> {
    const { reason } = event.data;
    await this.#decideOnMembers(event, (_, ending) => ({
      type: 'pause',
      reason,
      since: event.occurredAt,
      ...(ending && { ending }),
    }));
  }

  @Reaction({ ...listens, types: ['ApplicationResumed'] })
  applicationResumed(event: Event<'ApplicationResumed'>): Promise<void> {
    return this.#decideOnMembers(event, () => ({ type: 'resume' }));
  }

  async #decideOnMembers(event: StoredEvent, command: CommandFor): Promise<void> {
    const { state } = await this.aggregates.load(applicationAggregate, event.subject);
    if (state.status === 'declared')
      await this.#decideEach(event, state.spec, Object.keys(state.members), command);
  }

  /** Decides on the plan subject of each cluster, told how the newest apply there ended. */
  async #decideEach(
    event: StoredEvent,
    { project, name }: { readonly project: string; readonly name: string },
    clusters: readonly string[],
    command: CommandFor,
  ): Promise<void> {
    const limit = pLimit(concurrently);
    const decide = async (cluster: string): Promise<void> => {
      const outcome = await this.aggregates.load(outcomeAggregate, subjects.target(cluster, project, name));
      await this.#decide(
        event,
        subjects.plan(cluster, project, name),
        command(cluster, endingOf(outcome.state)),
      );
    };
    await Promise.all(clusters.map((cluster) => limit(decide, cluster)));
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
