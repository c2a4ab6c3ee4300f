import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Commands } from '@syncline/kernel';
import { planStates } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName, name, reason, revision } from '../requests/names.js';
import { answered, cursor, limitOf } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';
import { planAnswer, planPage, Plans } from './plans.js';

const previewMs = 120_000;

const planQuery = z.object({
  project: anyName.optional(),
  application: anyName.optional(),
  cluster: anyName.optional(),
  state: z.enum(planStates).optional(),
  before: cursor.optional(),
  at: instant.optional(),
  limit: limitOf(50, 500),
});
const ofThen = z.object({ at: instant.optional() });
const digestPrefix = z
  .string()
  .regex(/^[0-9a-f]{8,64}$/, 'must be a digest, or its first 8 hex digits or more');
const preview = z.object({
  project: name.default('default'),
  application: name,
  revision,
  clusters: z.array(name).min(1).max(1_000).optional(),
});
const approval = z.object({ decision: z.enum(['grant', 'reject']), reason: reason.optional() });

/** Plans: looked at, granted, rejected, and made for a look at what a commit would do. */
@ApiTags('plans')
@Controller('v1/plans')
export class PlansController {
  constructor(
    @Inject(Plans) private readonly plans: Plans,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: planPage })
  list(@Query({ schema: planQuery }) query: z.infer<typeof planQuery>): Promise<z.infer<typeof planPage>> {
    const { at: asked, ...filter } = query;
    return this.plans.page(filter, pastOf(asked));
  }

  @Get(':digest')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: planAnswer })
  show(
    @Param('digest', { schema: digestPrefix }) prefix: string,
    @Query({ schema: ofThen }) { at }: z.infer<typeof ofThen>,
  ): Promise<z.infer<typeof planAnswer>> {
    return this.plans.show(prefix, pastOf(at));
  }

  @Post()
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  async preview(
    @Body({ schema: preview }) body: z.infer<typeof preview>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return answered(
      await this.commands.send('planner', 'preview', body, contextOf(caller), { timeoutMs: previewMs }),
    );
  }

  @Post(':digest/approvals')
  @Allows('operator')
  @Writes()
  async approve(
    @Param('digest', { schema: digestPrefix }) prefix: string,
    @Body({ schema: approval }) body: z.infer<typeof approval>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const { cluster, project, application, plan } = await this.plans.find(prefix);
    const payload = { cluster, project, application, plan, ...body, by: caller.requester.subject };
    return answered(await this.commands.send('planner', 'approve', payload, contextOf(caller)));
  }
}
