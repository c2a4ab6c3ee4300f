import { repositoryAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, CommandRefused, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { PollSchedule } from './poll-schedule.js';

const payload = z.object({ repository: z.string().min(1) });

/** `cmd.git-watcher.refresh`: something may have changed; the next poll is now. */
@Controller()
export class RefreshHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(PollSchedule) private readonly schedule: PollSchedule,
  ) {}

  @AnswersCommand('refresh')
  async refresh(request: CommandRequest): Promise<CommandAnswer<{ repository: string }>> {
    const parsed = payload.safeParse(request.payload);
    if (!parsed.success)
      throw new CommandRefused('invalid-command', 'refresh takes the name of a repository.');
    const { repository } = parsed.data;
    const loaded = await this.aggregates.load(repositoryAggregate, subjects.repository(repository));
    if (loaded.state.status === 'unregistered') {
      throw new CommandRefused(
        'repository-unknown',
        `There is no repository ${repository}. syncline repo list shows those that are registered.`,
      );
    }
    this.schedule.hasten(repository);
    return { position: { sequence: loaded.sequence, index: 0 }, result: { repository } };
  }
}
