import { planAggregate, type PlanCommand } from '@syncline/domain';
import { digest, subjects, type TargetName } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, Clock, type CommandAnswer, type CommandContext } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { askedBy } from '../cause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';
import { Binding } from './binding.js';
import { Deployments } from './deployments.js';
import { ReplayTargets } from './replay-targets.js';

const who = { by: z.string(), reason: z.string().max(500).optional() };
const replay = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  plan: digest,
  drafted: z.int().positive(),
  onto: z.string().optional(),
  ...who,
});
const ending = z.object({
  project: z.string(),
  application: z.string(),
  clusters: z.array(z.string()).optional(),
  ...who,
});

/** A person lets a recorded deployment run again, or ends that. */
@Controller()
export class ReplayHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(ReplayTargets) private readonly targets: ReplayTargets,
    @Inject(Deployments) private readonly deployments: Deployments,
    @Inject(Binding) private readonly binding: Binding,
  ) {}

  @AnswersCommand('replay')
  async replay({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const { onto, by, reason, ...name } = replay.parse(payload);
    const { project, application, plan, cluster: from } = name;
    const target = { project, application, cluster: onto ?? from };
    const { recipient } = await this.targets.changeable(target);
    const deployment = await this.deployments.find(name);
    const { manifests, render } = await this.binding.bind(deployment, target, recipient);
    const { revision, namespace } = deployment;
    const since = this.clock.now().toISOString();
    const decided = await this.#decide(target, context, {
      type: 'replay',
      revision,
      recorded: {
        ...{ kind: 'replay', plan, cluster: from, manifests, render, namespace, by, since },
        ...(reason !== undefined && { reason }),
      },
    });
    return {
      position: decided.position,
      result: { ...target, plan, revision, status: decided.state.status },
    };
  }

  @AnswersCommand('end-replay')
  async end({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const { project, application, clusters, by, reason } = ending.parse(payload);
    const members = await this.targets.members({ project, application }, clusters);
    const command = { type: 'end-replay', by, ...(reason !== undefined && { reason }) } as const;
    const ended = [];
    for (const cluster of members) {
      const target = { project, application, cluster };
      if (await this.targets.isReplaying(target)) ended.push(await this.#decide(target, context, command));
    }
    const position = ended.at(-1)?.position ?? (await this.targets.position(project, application));
    return { position, result: { ended: ended.length } };
  }

  async #decide(
    { cluster, project, application }: TargetName,
    context: CommandContext,
    command: Extract<PlanCommand, { type: 'replay' | 'end-replay' }>,
  ) {
    const subject = subjects.plan(cluster, project, application);
    const outcome = await this.aggregates.load(
      outcomeAggregate,
      subjects.target(cluster, project, application),
    );
    const ended = endingOf(outcome.state);
    // A replay is a change of its own: it has no commit of its own that it could belong to.
    const cause = askedBy(context, context.correlationId ?? subject);
    return this.aggregates.decide(
      planAggregate,
      subject,
      { ...command, ...(ended && { ending: ended }) },
      cause,
    );
  }
}
