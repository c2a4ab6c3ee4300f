import {
  JetStreamStrategy,
  matchesAny,
  PastStates,
  RecordedAggregates,
  RecordedLog,
  type ReactionPlan,
  type RecordedMessages,
} from '@syncline/event-store';
import type { Aggregates, StoredEvent } from '@syncline/kernel';
import { createLogger, Metrics } from '@syncline/observability';
import { Logger, type DynamicModule, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';

import { Configurations } from '../configuration/configurations.js';
import { Revisions } from '../configuration/revisions.js';
import { HeldTargets } from '../planning/held-targets.js';
import { Manifests } from '../planning/manifests.js';
import { Renders } from '../planning/renders.js';
import { PlannerModule, type PlannerHub } from '../planner.module.js';
import { RolloutProgress } from '../rollouts/rollout-progress.js';
import {
  RecordedBlobs,
  RecordedCalls,
  recordedConfiguration,
  RecordedManifestsOf,
  type FindBlob,
} from './from-the-record.js';
import { decideAsked } from './commands.js';
import { currentMoment, momentClock, NotRecorded, tryAt, type ShadowMoment, type Tried } from './moment.js';

/** States of so many messages back are at hand; what is asked of an older one is folded again. */
export const statesKept = 4_096;

/** Held targets without the clock: only what the record holds lets them go. */
class HeldByTheRecord extends HeldTargets {
  override add(): void {
    // A target that is held is tried again by the clock, and that it was stands in the record.
  }

  override onApplicationBootstrap(): Promise<void> {
    return Promise.resolve();
  }
}

/** What is remembered of rollouts is right only where moments follow each other. */
class ProgressOfTheMoment extends RolloutProgress {
  override observe(...args: Parameters<RolloutProgress['observe']>): Promise<void> {
    if (currentMoment().isInOrder) return super.observe(...args);
    return new RolloutProgress(this.aggregates).observe(...args);
  }

  override isOnItsWay(...args: Parameters<RolloutProgress['isOnItsWay']>): boolean {
    return currentMoment().isInOrder && super.isOnItsWay(...args);
  }
}

class ConfigurationsOfTheRecord extends Configurations {
  override read(): ReturnType<Configurations['read']> {
    return Promise.resolve().then(recordedConfiguration);
  }
}

/** What of the planner reaches outside the log, and is taken from the record instead. */
const replaced = (hub: PlannerHub): readonly Provider[] => [
  { provide: Revisions, useValue: { detected: () => Promise.resolve(undefined) } },
  { provide: Renders, useValue: {} },
  { provide: Manifests, useValue: new RecordedManifestsOf(hub.aggregates) },
  { provide: Configurations, useClass: ConfigurationsOfTheRecord },
  { provide: HeldTargets, useClass: HeldByTheRecord },
  { provide: RolloutProgress, useClass: ProgressOfTheMoment },
];

const moduleOver = (hub: PlannerHub, more: readonly Provider[]): DynamicModule => {
  const config = { stateDir: '', packKey: new Uint8Array(32), kustomize: '', helm: '' };
  const silent = createLogger('planner', 'silent');
  const module = PlannerModule.of(config, hub, new Metrics('planner'), silent, momentClock);
  return { ...module, providers: [...(module.providers ?? []), ...replaced(hub), ...more] };
};

/** The planner of this code over a recorded log: it decides, and appends nothing. */
export class ShadowPlanner {
  private constructor(
    private readonly aggregates: Aggregates,
    private readonly plans: readonly ReactionPlan[],
    readonly close: () => Promise<void>,
  ) {}

  /** @param more providers that stand in place of the planner's own, for tests of what is found. */
  static async over(
    messages: RecordedMessages,
    find: FindBlob,
    more: readonly Provider[] = [],
  ): Promise<ShadowPlanner> {
    const blobs = new RecordedBlobs(find);
    const hub: PlannerHub = {
      aggregates: new RecordedAggregates(new PastStates(messages, statesKept), currentMoment),
      log: new RecordedLog(messages, currentMoment),
      blobs,
      clusterCalls: new RecordedCalls(blobs),
      missing: () => [],
    };
    let plans: readonly ReactionPlan[] = [];
    const start = (all: readonly ReactionPlan[]): Promise<void> => {
      plans = all;
      return Promise.resolve();
    };
    const strategy = new JetStreamStrategy({ start, stop: () => Promise.resolve() });
    Logger.overrideLogger(false);
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOver(hub, more), {
      strategy,
      logger: false,
      abortOnError: false,
    });
    await app.listen();
    return new ShadowPlanner(hub.aggregates, plans, () => app.close());
  }

  /** Whether anything reacts to events of a type on a subject. */
  listens({ subject, type }: Pick<StoredEvent, 'subject' | 'type'>): boolean {
    return this.#handlersOf({ subject, type }).length > 0;
  }

  /** Lets the planner react to an event at a moment. */
  react(moment: Omit<ShadowMoment, 'decided' | 'looked'>): Promise<Tried> {
    const { event } = moment;
    return tryAt(moment, async () => {
      const ended = await Promise.allSettled(this.#handlersOf(event).map((handle) => handle(event)));
      for (const one of ended) if (one.status === 'rejected') throw one.reason;
    });
  }

  /** Lets the planner decide at a moment what somebody asked for. Fails with NotRecorded where the decision does not say that whole. */
  answer(moment: Omit<ShadowMoment, 'decided' | 'looked'>): Promise<Tried> {
    return tryAt(moment, async () => {
      const isWhole = await decideAsked(this.aggregates, moment.recorded);
      if (!isWhole) throw new NotRecorded('all that was asked for');
    });
  }

  #handlersOf({ subject, type }: Pick<StoredEvent, 'subject' | 'type'>) {
    return this.plans
      .filter(({ subjects }) => matchesAny(subjects, subject))
      .flatMap(({ handlers }) => handlers.get(type) ?? []);
  }
}
