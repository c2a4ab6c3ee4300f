import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { anyName } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { Suspects, suspectsAnswer } from './suspects.js';

const hourMs = 3_600_000;

const query = z.object({
  project: anyName.optional(),
  application: anyName.optional(),
  cluster: anyName.optional(),
  hours: z.coerce
    .number()
    .positive()
    .max(24 * 90)
    .default(24)
    .describe('how long before a target began to fail changes count'),
});

/** Which change touched what fails now. */
@ApiTags('suspects')
@Controller('v1/suspects')
export class SuspectsController {
  constructor(@Inject(Suspects) private readonly suspects: Suspects) {}

  @Get()
  @Allows('viewer')
  @ReadsViews({
    past: 'It names what fails now. /v1/fleet?at= says what failed then, and /v1/fleet/diff what had changed.',
  })
  @ApiResponse({ status: 200, standardSchema: suspectsAnswer })
  async list(
    @Query({ schema: query }) asked: z.infer<typeof query>,
  ): Promise<z.infer<typeof suspectsAnswer>> {
    const { hours, ...where } = asked;
    const given = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined));
    return { within: `${hours} h`, failing: [...(await this.suspects.of(given, hours * hourMs))] };
  }
}
