import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { formatPosition } from '@syncline/kernel';
import { Projector, Views } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { selector } from '../requests/selector.js';
import { PastFleet } from './past-fleet.js';
import { pastTargetShape } from './past-target.js';
import { targetOf, targetShape } from './target-answer.js';

const query = z.object({
  at: instant.optional(),
  project: anyName.optional(),
  application: anyName.optional(),
  cluster: anyName.optional(),
  selector: selector.optional(),
  images: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .describe('with the images that each target was applied with'),
});
const fleet = z.object({
  targets: z.array(z.union([pastTargetShape, targetShape])),
  position: z.string(),
  at: z.string().optional(),
});

/** Every target: one application on one cluster. */
@ApiTags('fleet')
@Allows('viewer')
@Controller('v1/fleet')
export class FleetController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(PastFleet) private readonly past: PastFleet,
    @Inject(Projector) private readonly projector: Projector,
  ) {}

  @Get()
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: fleet })
  async list(@Query({ schema: query }) asked: z.infer<typeof query>): Promise<z.infer<typeof fleet>> {
    const { at: instantAsked, selector: terms, images, ...names } = asked;
    const position = formatPosition(this.projector.position);
    const where = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
    const at = pastOf(instantAsked);
    if (at === undefined && terms === undefined && images !== true)
      return { targets: (await this.views.fleet(where)).map(targetOf), position };
    const then = at ?? new Date().toISOString();
    const targets = await this.past.at(then, { ...where, selector: terms, images });
    return { targets: [...targets], position, at: then };
  }
}
