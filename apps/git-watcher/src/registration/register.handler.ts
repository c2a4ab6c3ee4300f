import { repositoryAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, BlobStore, type BlobRef, type Cause, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';

import { Credentials } from '../credentials/credentials.js';
import { PollSchedule } from '../polling/poll-schedule.js';
import { causeOfCommand } from './registered.js';
import { readRegistration, type RegistrationRequest } from './registration.js';
import { keepSigners } from './signers.js';

/** `cmd.git-watcher.register`: a repository may be read from now on, or is read otherwise. */
@Controller()
export class RegisterHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(PollSchedule) private readonly schedule: PollSchedule,
  ) {}

  @AnswersCommand('register')
  async register(request: CommandRequest): Promise<CommandAnswer<{ repository: string }>> {
    const asked = readRegistration(request.payload);
    const { repository } = asked.wanted;
    const cause = causeOfCommand(request);
    const credential = await this.#keepCredential(asked, cause);
    const signers = asked.signatures && (await keepSigners(this.blobs, asked.signatures));
    const decided = await this.aggregates.decide(
      repositoryAggregate,
      subjects.repository(repository),
      {
        type: 'register',
        data: { ...asked.wanted, ...(credential && { credential }), ...(signers && { signers }) },
        allowsUnsigned: asked.signatures === null,
      },
      cause,
    );
    void this.schedule.hasten(repository);
    return { position: decided.position, result: { repository } };
  }

  async #keepCredential({ wanted, sealed }: RegistrationRequest, cause: Cause): Promise<BlobRef | undefined> {
    if (!sealed) return undefined;
    const subject = subjects.repository(wanted.repository);
    const { state } = await this.aggregates.load(repositoryAggregate, subject);
    const current = state.status === 'registered' ? state.registration.credential : undefined;
    return this.credentials.keep(wanted, sealed, cause, current);
  }
}
