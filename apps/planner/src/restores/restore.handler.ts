import { restoreAggregate } from '@syncline/domain';
import { digest, instant, oid, subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { askedBy } from '../cause.js';
import { restoreChange } from './restore-progress.js';

const target = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  plan: digest,
  revision: oid,
  drafted: z.int().positive(),
});
const asked = z.object({
  restore: z.string(),
  asOf: instant,
  targets: z.array(target).max(10_000),
  by: z.string(),
  reason: z.string().max(500).optional(),
});

/** A person wants many targets to become what they were: one ordered change, an application after the other by name. */
@Controller()
export class RestoreHandler {
  constructor(@Inject(Aggregates) private readonly aggregates: Aggregates) {}

  @AnswersCommand('restore')
  async restore({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const { restore, asOf, targets, by, reason } = asked.parse(payload);
    const grouped = Map.groupBy(targets, (one) => `${one.project}/${one.application}`);
    const steps = [...grouped]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, of]) => ({ name, targets: [...of] }));
    const data = { restore, asOf, steps, by, ...(reason !== undefined && { reason }) };
    const cause = askedBy(context, restoreChange(restore));
    const subject = subjects.restore(restore);
    const decided = await this.aggregates.decide(restoreAggregate, subject, { type: 'restore', data }, cause);
    return { position: decided.position, result: { restore, steps: steps.map(({ name }) => name) } };
  }
}
