import { repositoryAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, CommandRefused, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { Credentials } from '../credentials/credentials.js';
import { PollSchedule } from '../polling/poll-schedule.js';
import { causeOfCommand, loadRegistered } from './registered.js';
import { base64 } from './registration.js';

const payload = z.object({ repository: z.string().min(1), credential: base64 });

/** `cmd.git-watcher.credential`: a repository is read with another credential from now on; all else stays. */
@Controller()
export class CredentialHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(PollSchedule) private readonly schedule: PollSchedule,
  ) {}

  @AnswersCommand('credential')
  async replace(request: CommandRequest): Promise<CommandAnswer<{ repository: string }>> {
    const parsed = payload.safeParse(request.payload);
    if (!parsed.success)
      throw new CommandRefused('invalid-command', 'credential takes a repository and a sealed credential.');
    const { repository, credential: sealed } = parsed.data;
    const { state } = await loadRegistered(this.aggregates, repository);
    const { registration } = state;
    const cause = causeOfCommand(request);
    const credential = await this.credentials.keep(registration, sealed, cause, registration.credential);
    const decided = await this.aggregates.decide(
      repositoryAggregate,
      subjects.repository(repository),
      { type: 'register', data: { ...registration, credential } },
      cause,
    );
    void this.schedule.hasten(repository);
    return { position: decided.position, result: { repository } };
  }
}
