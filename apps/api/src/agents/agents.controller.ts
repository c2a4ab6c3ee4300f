import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { ClusterRegistration } from '../clusters/registration.js';
import { Config } from '../config.js';
import { CallerOf, Writes, type Caller } from '../requests/caller.js';
import { labels, name } from '../requests/names.js';
import { positionText, written } from '../requests/positions.js';

const newAgent = z.object({
  cluster: name,
  labels: labels.default({}),
  /** Public keys; the seeds and the kubeconfig stay with the agent. */
  userKey: z.string().regex(/^U[A-Z2-7]{55}$/, 'must be the public key of a NATS user'),
  recipient: z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/, 'must be an age public key'),
});
const admitted = z.object({
  cluster: z.string(),
  applier: z.string(),
  /** Signed to `userKey`: worth nothing without its seed. */
  token: z.string(),
  /** Where the agent connects to, as the hub knows it. */
  server: z.string(),
  position: positionText,
});

/** Clusters that are reached by an agent of their own, which connects outbound to the log and to nothing else. */
@ApiTags('clusters')
@Controller('v1/agents')
export class AgentsController {
  constructor(
    @Inject(ClusterRegistration) private readonly registration: ClusterRegistration,
    @Inject(Config) private readonly config: Pick<Config, 'agentNatsUrl'>,
  ) {}

  @Post()
  @Allows('admin')
  @Writes()
  @ApiResponse({ status: 201, standardSchema: admitted })
  async admit(
    @Body({ schema: newAgent }) body: z.infer<typeof newAgent>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const { position, applier, token } = await this.registration.registerAgent(body, caller);
    return written(position, { cluster: body.cluster, applier, token, server: this.config.agentNatsUrl });
  }
}
