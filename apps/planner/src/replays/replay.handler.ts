import { planAggregate, type PlanCommand } from '@syncline/domain';
import { digest, subjects, type TargetName } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, Clock, type Cause, type CommandAnswer, type CommandContext } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { askedBy } from '../cause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';
import { Replays } from './replays.js';
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

/** A replay is a change of its own: there is no commit that it could belong to. */
const causeOf = (context: CommandContext, { cluster, project, application }: TargetName): Cause =>
  askedBy(context, context.correlationId ?? subjects.plan(cluster, project, application));

/** A person lets a recorded deployment run again, or ends that. */
@Controller()
export class ReplayHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(ReplayTargets) private readonly targets: ReplayTargets,
    @Inject(Replays) private readonly replays: Replays,
  ) {}

  @AnswersCommand('replay')
  async replay({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const asked = replay.parse(payload);
    const { project, application, cluster, plan, onto = cluster } = asked;
    const since = this.clock.now().toISOString();
    const { decided, revision, target } = await this.replays.replay(
      { ...asked, since },
      causeOf(context, { project, application, cluster: onto }),
    );
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
    command: Extract<PlanCommand, { type: 'end-replay' }>,
  ) {
    const subject = subjects.plan(cluster, project, application);
    const outcome = await this.aggregates.load(
      outcomeAggregate,
      subjects.target(cluster, project, application),
    );
    const ended = endingOf(outcome.state);
    const cause = causeOf(context, { cluster, project, application });
    return this.aggregates.decide(
      planAggregate,
      subject,
      { ...command, ...(ended && { ending: ended }) },
      cause,
    );
  }
}
