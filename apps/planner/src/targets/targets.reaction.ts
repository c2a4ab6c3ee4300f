import {
  applicationAggregate,
  planAggregate,
  targetAggregate,
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
    const { state } = await this.aggregates.load(applicationAggregate, event.subject, event.position);
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
  async applicationResumed(event: Event<'ApplicationResumed'>): Promise<void> {
    const { project, application } = event.data;
    const drifted = await this.#drifted(event.subject, project, application);
    await this.#decideOnMembers(event, (cluster, ending) => {
      const drift = drifted.get(cluster);
      // What was held goes on; what rests and has drifted meanwhile is healed, where the application asks for that.
      return drift?.isAtRest === true
        ? {
            type: 'heal',
            plan: drift.plan,
            ending,
            what: 'since before it was resumed',
            at: event.occurredAt,
          }
        : { type: 'resume' };
    });
  }

  /** The open drifts of an application's targets, and whether nothing is held there. */
  async #drifted(
    subject: string,
    project: string,
    application: string,
  ): Promise<ReadonlyMap<string, { readonly plan: string; readonly isAtRest: boolean }>> {
    const { state } = await this.aggregates.load(applicationAggregate, subject);
    const clusters = state.status === 'declared' ? Object.keys(state.members) : [];
    const limit = pLimit(concurrently);
    const read = async (cluster: string) => {
      const [target, plan] = await Promise.all([
        this.aggregates.load(targetAggregate, subjects.target(cluster, project, application)),
        this.aggregates.load(planAggregate, subjects.plan(cluster, project, application)),
      ]);
      const open = target.state.held.drift;
      return open ? [[cluster, { plan: open.plan, isAtRest: plan.state.status !== 'held' }] as const] : [];
    };
    return new Map((await Promise.all(clusters.map((cluster) => limit(read, cluster)))).flat());
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
      const target = subjects.target(cluster, project, name);
      const outcome = await this.aggregates.load(outcomeAggregate, target, event.position);
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
