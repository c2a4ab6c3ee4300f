import { Controller, Get, Inject } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { formatPosition } from '@syncline/kernel';
import { Projector, Views } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { ReadsViews } from '../requests/reads-views.js';
import { targetOf, targetShape } from './target-answer.js';

const fleet = z.object({ targets: z.array(targetShape), position: z.string() });

/** Every target: one application on one cluster. */
@ApiTags('fleet')
@Allows('viewer')
@Controller('v1/fleet')
export class FleetController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(Projector) private readonly projector: Projector,
  ) {}

  @Get()
  @ReadsViews()
  @ApiResponse({ status: 200, standardSchema: fleet })
  async list(): Promise<z.infer<typeof fleet>> {
    const position = formatPosition(this.projector.position);
    return { targets: (await this.views.fleet()).map(targetOf), position };
  }
}
