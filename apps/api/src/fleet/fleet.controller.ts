import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { formatPosition } from '@syncline/kernel';
import { Projector, Views, type TargetFilter } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { instant, pastInstant, pastOf } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { selector } from '../requests/selector.js';
import { FleetDifference, fleetDifference } from './fleet-difference.js';
import { PastFleet } from './past-fleet.js';
import { pastTargetShape } from './past-target.js';
import { targetOf, targetShape } from './target-answer.js';

const narrowing = z.object({
  project: anyName.optional(),
  application: anyName.optional(),
  cluster: anyName.optional(),
  selector: selector.optional(),
});
const between = narrowing.extend({ from: instant, to: instant });
const query = narrowing.extend({
  at: instant.optional(),
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

const given = (names: {
  readonly [Name in keyof TargetFilter]: TargetFilter[Name] | undefined;
}): TargetFilter => Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));

/** Every target: one application on one cluster. */
@ApiTags('fleet')
@Allows('viewer')
@Controller('v1/fleet')
export class FleetController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(PastFleet) private readonly past: PastFleet,
    @Inject(FleetDifference) private readonly difference: FleetDifference,
    @Inject(Projector) private readonly projector: Projector,
  ) {}

  @Get()
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: fleet })
  async list(@Query({ schema: query }) asked: z.infer<typeof query>): Promise<z.infer<typeof fleet>> {
    const { at: instantAsked, selector: terms, images, ...names } = asked;
    const position = formatPosition(this.projector.position);
    const where = given(names);
    const at = pastOf(instantAsked);
    if (at === undefined && terms === undefined && images !== true)
      return { targets: (await this.views.fleet(where)).map(targetOf), position };
    const then = at ?? new Date().toISOString();
    const targets = await this.past.at(then, { ...where, selector: terms, images });
    return { targets: [...targets], position, at: then };
  }

  @Get('diff')
  @ReadsViews({ past: 'It is asked about two instants: from and to.' })
  @ApiResponse({ status: 200, standardSchema: fleetDifference })
  async diff(
    @Query({ schema: between }) asked: z.infer<typeof between>,
  ): Promise<z.infer<typeof fleetDifference>> {
    const { from, to, selector: terms, ...names } = asked;
    return this.difference.between(pastInstant(from), pastInstant(to), given(names), terms);
  }
}
