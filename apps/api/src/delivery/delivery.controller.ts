import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { deliveryGroups, deliveryPeriods, Views } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { Problem } from '../problems/problem.js';
import { instant } from '../requests/instants.js';
import { ReadsViews } from '../requests/reads-views.js';

const usualDays = 90;

const query = z.object({
  since: instant.optional().describe(`what began from then on; ${usualDays} days before until by default`),
  until: instant.optional().describe('what began before then; now by default'),
  period: z.enum(deliveryPeriods).default('month'),
  by: z.enum(deliveryGroups).default('all'),
});

const figures = z.object({
  begins: z.string().describe('the beginning of the period, by the calendar of UTC'),
  name: z
    .string()
    .describe('PROJECT/APPLICATION, the team (label `team`, else the project), the cluster, or all'),
  deployments: z.int().describe('changes that became Current'),
  deploymentsPerDay: z.number(),
  leadTimeSeconds: z.number().nullable().describe('from commit to Current, the median'),
  changes: z.int(),
  failedChanges: z.int().describe('refused by a cluster, or Failed within a day'),
  changeFailureRate: z.number(),
  timeToRestoreSeconds: z.number().nullable().describe('from failure to Current again, the median'),
  notRestored: z.int().describe('changes that failed and are not Current again'),
});
const answer = z.object({
  since: z.string(),
  until: z.string(),
  period: z.enum(deliveryPeriods),
  by: z.enum(deliveryGroups),
  items: z.array(figures),
});

/** How often, how fast and how safely changes reach the fleet: the four figures of DORA. */
@ApiTags('delivery')
@Controller('v1/dora')
export class DeliveryController {
  constructor(@Inject(Views) private readonly views: Views) {}

  @Get()
  @Allows('viewer')
  @ReadsViews({ past: 'It is asked about a period: since and until.' })
  @ApiResponse({ status: 200, standardSchema: answer })
  async figures(@Query({ schema: query }) asked: z.infer<typeof query>): Promise<z.infer<typeof answer>> {
    const end = new Date(asked.until ?? Date.now());
    const begin = new Date(asked.since ?? end.getTime() - usualDays * 86_400_000);
    if (begin >= end)
      throw new Problem(422, 'period-empty', 'since must be before until: there is no time between them.');
    const filter = {
      ...{ since: begin.toISOString(), until: end.toISOString() },
      ...{ period: asked.period, by: asked.by },
    };
    return { ...filter, items: [...(await this.views.delivery(filter))] };
  }
}
