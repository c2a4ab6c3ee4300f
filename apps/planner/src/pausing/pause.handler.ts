import { applicationAggregate, type ApplicationCommand } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { askedBy } from '../cause.js';

const asked = z.object({
  project: z.string(),
  application: z.string(),
  by: z.string(),
  reason: z.string().max(300).optional(),
});

/** A person stops everything that would change an application's targets, or lets it go on. What follows on them is a reaction. */
@Controller()
export class PauseHandler {
  constructor(@Inject(Aggregates) private readonly aggregates: Aggregates) {}

  @AnswersCommand('pause')
  pause({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const { by, reason = 'no reason given', ...name } = asked.parse(payload);
    return this.#decide(name, { type: 'pause', by, reason }, context);
  }

  @AnswersCommand('resume-application')
  resume({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const { by, reason, ...name } = asked.parse(payload);
    return this.#decide(name, { type: 'resume', by, ...(reason !== undefined && { reason }) }, context);
  }

  async #decide(
    { project, application }: { readonly project: string; readonly application: string },
    command: ApplicationCommand,
    context: CommandRequest['context'],
  ): Promise<CommandAnswer> {
    const subject = subjects.application(project, application);
    const cause = askedBy(context, context.correlationId ?? subject);
    const { position, state } = await this.aggregates.decide(applicationAggregate, subject, command, cause);
    const paused = state.status === 'declared' ? state.pause : undefined;
    return { position, result: { paused: paused !== undefined, ...paused } };
  }
}
