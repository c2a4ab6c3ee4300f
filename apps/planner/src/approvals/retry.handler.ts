import { applicationAggregate, planAggregate, requestOf } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import {
  Aggregates,
  beginning,
  CommandRefused,
  comparePositions,
  type CommandAnswer,
  type CommandContext,
  type Position,
} from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { askedBy } from '../cause.js';
import { refuseWhilePaused } from '../pausing/find-pause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';

const retry = z.object({
  project: z.string(),
  application: z.string(),
  clusters: z.array(z.string()).optional(),
  reason: z.string().max(500).optional(),
});

type Retry = z.infer<typeof retry>;
type Retried = { readonly cluster: string; readonly position: Position; readonly status: string };

const latest = (retried: readonly Retried[]): Position =>
  retried.reduce<Position>((a, { position: b }) => (comparePositions(a, b) < 0 ? b : a), beginning);

/** Plans anew the targets of an application that failed or are held; the others go on undisturbed. */
@Controller()
export class RetryHandler {
  constructor(@Inject(Aggregates) private readonly aggregates: Aggregates) {}

  @AnswersCommand('retry')
  async retry({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const asked = retry.parse(payload);
    const members = await this.#members(asked);
    await refuseWhilePaused(this.aggregates, asked.project, asked.application);
    const unknown = asked.clusters?.find((cluster) => !members.includes(cluster));
    if (unknown !== undefined) {
      throw new CommandRefused(
        'target-unknown',
        `${asked.project}/${asked.application} is not placed on ${unknown}. syncline status shows where it is.`,
      );
    }
    const clusters = asked.clusters ?? members;
    const retried = await Promise.all(clusters.map((cluster) => this.#retry(asked, cluster, context)));
    const result = retried.map(({ cluster, status }) => ({ cluster, status }));
    return { position: latest(retried), result: { targets: result } };
  }

  async #members({ project, application }: Retry): Promise<readonly string[]> {
    const subject = subjects.application(project, application);
    const { state } = await this.aggregates.load(applicationAggregate, subject);
    if (state.status === 'declared') return Object.keys(state.members);
    throw new CommandRefused(
      'application-unknown',
      `No repository declares an application ${project}/${application}. syncline app list shows those that are.`,
    );
  }

  async #retry(
    { project, application, reason }: Retry,
    cluster: string,
    context: CommandContext,
  ): Promise<Retried> {
    const subject = subjects.plan(cluster, project, application);
    const [plan, outcome] = await Promise.all([
      this.aggregates.load(planAggregate, subject),
      this.aggregates.load(outcomeAggregate, subjects.target(cluster, project, application)),
    ]);
    const ending = endingOf(outcome.state);
    const correlationId = requestOf(plan.state)?.correlationId ?? context.correlationId ?? subject;
    const command = {
      type: 'retry',
      ...(ending && { ending }),
      ...(reason !== undefined && { note: reason }),
    } as const;
    const decided = await this.aggregates.decide(
      planAggregate,
      subject,
      command,
      askedBy(context, correlationId),
    );
    return { cluster, position: decided.position, status: decided.state.status };
  }
}
