import { planAggregate, requestOf, type PlanCommand } from '@syncline/domain';
import { digest, subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { askedBy } from '../cause.js';
import { refuseWhilePaused } from '../pausing/find-pause.js';

const approval = z.object({
  cluster: z.string(),
  project: z.string(),
  application: z.string(),
  plan: digest,
  decision: z.enum(['grant', 'reject']),
  reason: z.string().max(500).optional(),
  by: z.string(),
});

type Approval = z.infer<typeof approval>;

const commandOf = ({ decision, plan, by, reason }: Approval): PlanCommand =>
  decision === 'grant'
    ? { type: 'approve', plan, by, ...(reason !== undefined && { reason }) }
    : { type: 'reject', plan, by, reason: reason ?? 'no reason given' };

/** A person's yes or no to one plan of one target. */
@Controller()
export class ApproveHandler {
  constructor(@Inject(Aggregates) private readonly aggregates: Aggregates) {}

  @AnswersCommand('approve')
  async approve({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const asked = approval.parse(payload);
    await refuseWhilePaused(this.aggregates, asked.project, asked.application);
    const subject = subjects.plan(asked.cluster, asked.project, asked.application);
    const { state } = await this.aggregates.load(planAggregate, subject);
    const correlationId = requestOf(state)?.correlationId ?? context.correlationId ?? asked.plan;
    const cause = askedBy(context, correlationId);
    const decided = await this.aggregates.decide(planAggregate, subject, commandOf(asked), cause);
    return { position: decided.position, result: { plan: asked.plan, status: decided.state.status } };
  }
}
