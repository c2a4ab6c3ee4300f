import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName, name } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { Standing, whyAnswer } from './standing.js';

const query = z.object({ cluster: name.optional(), at: instant.optional() });

/** Why an application is as it is on each of its clusters, and what would free what is held. */
@ApiTags('applications')
@Controller('v1/why')
export class WhyController {
  constructor(@Inject(Standing) private readonly standing: Standing) {}

  @Get(':project/:name')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: whyAnswer })
  show(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) application: string,
    @Query({ schema: query }) { cluster, at }: z.infer<typeof query>,
  ): Promise<z.infer<typeof whyAnswer>> {
    return this.standing.of({ project, application }, cluster, pastOf(at));
  }
}
