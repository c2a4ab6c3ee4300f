import { randomUUID } from 'node:crypto';

import { repositoryAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, type BlobRef, type Cause, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { Credentials } from '../credentials/credentials.js';
import { PollSchedule } from '../polling/poll-schedule.js';
import { readRegistration } from './registration.js';

/** `cmd.git-watcher.register`: a repository may be read from now on, or is read otherwise. */
@Controller()
export class RegisterHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(PollSchedule) private readonly schedule: PollSchedule,
  ) {}

  @AnswersCommand('register')
  async register({ payload, context }: CommandRequest): Promise<CommandAnswer<{ repository: string }>> {
    const { wanted, sealed } = readRegistration(payload);
    const { repository } = wanted;
    const cause: Cause = {
      actor: context.actor,
      correlationId: context.correlationId ?? randomUUID(),
      ...(context.idempotencyKey !== undefined && { idempotencyKey: context.idempotencyKey }),
    };
    const credential = sealed && (await this.#keepCredential(repository, sealed, cause));
    const decided = await this.aggregates.decide(
      repositoryAggregate,
      subjects.repository(repository),
      { type: 'register', data: { ...wanted, ...(credential && { credential }) } },
      cause,
    );
    void this.schedule.hasten(repository);
    return { position: decided.position, result: { repository } };
  }

  async #keepCredential(repository: string, sealed: Uint8Array, cause: Cause): Promise<BlobRef> {
    const subject = subjects.repository(repository);
    const { state } = await this.aggregates.load(repositoryAggregate, subject);
    const current = state.status === 'registered' ? state.registration.credential : undefined;
    return this.credentials.keep(repository, sealed, cause, current);
  }
}
