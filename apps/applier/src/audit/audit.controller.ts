import { Body, Controller, Headers, HttpCode, HttpException, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';

import { Audits } from './audits.js';

const eventList = z.object({ kind: z.literal('EventList'), items: z.array(z.unknown()).max(50_000) });

/** Where an API server posts its audit log (`--audit-webhook-config-file`), a path and a token for each cluster. */
@Controller('audit')
export class AuditController {
  constructor(@Inject(Audits) private readonly audits: Audits) {}

  /** Nothing is told apart of a cluster that is unknown and a token that is wrong. */
  @Post(':cluster')
  @HttpCode(200)
  take(
    @Param('cluster') cluster: string,
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
  ): { readonly taken: number } {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
    if (!this.audits.isAllowed(cluster, token))
      throw new HttpException('Post with the token that was set up for this cluster.', 401);
    const list = eventList.safeParse(body);
    if (!list.success) throw new HttpException('Post an EventList of audit.k8s.io/v1.', 400);
    this.audits.take(cluster, list.data.items);
    return { taken: list.data.items.length };
  }
}
