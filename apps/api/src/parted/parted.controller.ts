import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName, name } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { Parted, partedAnswer } from './parted.js';

const query = z.object({
  a: name.describe('a cluster'),
  b: name.describe('another cluster'),
  at: instant.optional(),
});

/** Where two targets of one application parted. */
@ApiTags('applications')
@Controller('v1/parted')
export class PartedController {
  constructor(@Inject(Parted) private readonly parted: Parted) {}

  @Get(':project/:name')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: partedAnswer })
  show(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) application: string,
    @Query({ schema: query }) { a, b, at }: z.infer<typeof query>,
  ): Promise<z.infer<typeof partedAnswer>> {
    return this.parted.of({ project, application }, { a, b }, pastOf(at) ?? new Date().toISOString());
  }
}
