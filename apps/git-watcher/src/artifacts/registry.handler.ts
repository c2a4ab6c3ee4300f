import { registryAggregate, type Registry } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, CommandRefused, EventLog, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { Credentials } from '../credentials/credentials.js';
import { causeOfCommand } from '../registration/registered.js';
import { base64 } from '../registration/registration.js';
import { Registries } from './registries.js';

const payload = z.object({
  registry: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  url: z.string().max(500),
  plainHttp: z.boolean().default(false),
  credential: base64.optional(),
});

const refuse = (sentence: string): CommandRefused => new CommandRefused('registration-invalid', sentence);

/** An address as references begin with it. `http://` is without encryption by itself. */
const readUrl = (given: string): Pick<Registry, 'url' | 'plainHttp'> => {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !['https:', 'http:', 'oci:'].includes(url.protocol) || url.host === '')
    throw refuse(`${given} is no address of a registry: https://…, oci://…, or http://… without encryption.`);
  if (url.username !== '' || url.password !== '')
    throw refuse('An address must hold no credential. syncline registry add takes it apart and seals it.');
  if (url.search !== '' || url.hash !== '') throw refuse('An address of a registry has no ? and no #.');
  return { url: given.replace(/\/+$/, ''), plainHttp: url.protocol === 'http:' };
};

/** `cmd.git-watcher.register-registry` and `registries`: how charts and artifacts may be read. */
@Controller()
export class RegistryHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(Registries) private readonly registries: Registries,
  ) {}

  @AnswersCommand('register-registry')
  async register(request: CommandRequest): Promise<CommandAnswer<{ registry: string }>> {
    const parsed = payload.safeParse(request.payload);
    if (!parsed.success) throw refuse(`The registration is incomplete. ${z.prettifyError(parsed.error)}`);
    const { registry, credential: sealed, plainHttp } = parsed.data;
    const { url, ...read } = readUrl(parsed.data.url);
    const cause = causeOfCommand(request);
    const current = (await this.registries.find(registry))?.credential;
    const credential =
      sealed && (await this.credentials.keepFor(`registry/${registry}`, sealed, cause, current));
    const data = {
      ...{ registry, url, plainHttp: plainHttp || read.plainHttp },
      ...(credential && { credential }),
    };
    const subject = subjects.registry(registry);
    const decided = await this.aggregates.decide(
      registryAggregate,
      subject,
      { type: 'register', data },
      cause,
    );
    return { position: decided.position, result: { registry } };
  }

  /** Which there are; a credential is only said to be there. */
  @AnswersCommand('registries')
  async list(): Promise<CommandAnswer<{ items: readonly unknown[] }>> {
    const items = (await this.registries.all()).map(({ credential, ...rest }) => ({
      ...rest,
      hasCredential: credential !== undefined,
    }));
    return { position: { sequence: await this.log.lastSequence(), index: 0 }, result: { items } };
  }
}
