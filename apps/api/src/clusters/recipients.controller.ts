import { Controller, Get, Inject } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { serviceAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { Aggregates } from '@syncline/kernel';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { Config } from '../config.js';

const recipients = z.object({
  services: z.record(z.string(), z.string()),
  appliers: z.record(z.string(), z.string()),
});
const sealedTo = ['git-watcher'] as const;

/** The age public keys to which credentials are sealed. Read from the log itself: needed while Postgres is away. */
@ApiTags('clusters')
@Allows('viewer')
@Controller('v1/recipients')
export class RecipientsController {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Config) private readonly config: Pick<Config, 'applierRecipients'>,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: recipients })
  async list(): Promise<z.infer<typeof recipients>> {
    const services: Record<string, string> = {};
    for (const service of sealedTo) {
      const { state } = await this.aggregates.load(serviceAggregate, subjects.service(service));
      if (state.started?.recipient !== undefined) services[service] = state.started.recipient;
    }
    return { services, appliers: { ...this.config.applierRecipients } };
  }
}
