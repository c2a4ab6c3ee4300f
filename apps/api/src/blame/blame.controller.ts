import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { Problem } from '../problems/problem.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { Blame, blameAnswer } from './blame.js';
import { fieldPath, objectAsked } from './object-asked.js';

const text = z
  .string()
  .min(1)
  .max(1_000)
  .regex(/^[^\p{C}]+$/u, 'must be visible text');
const query = z.object({
  object: text.describe('KIND/NAME or KIND/NAMESPACE/NAME'),
  field: text.optional().describe('a path, and what is below it: /spec/replicas or spec.replicas'),
  cluster: anyName.optional(),
  at: instant.optional(),
});

/** Who set each field of an object: commit, author, plan, approver and apply, or who wrote it in the cluster. */
@ApiTags('applications')
@Controller('v1/blame')
export class BlameController {
  constructor(@Inject(Blame) private readonly blame: Blame) {}

  @Get(':project/:name')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: blameAnswer })
  show(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) application: string,
    @Query({ schema: query }) { object: named, field, cluster, at }: z.infer<typeof query>,
  ): Promise<z.infer<typeof blameAnswer>> {
    const object = objectAsked(named);
    if (!object)
      throw new Problem(422, 'invalid-request', 'object: must be KIND/NAME or KIND/NAMESPACE/NAME.');
    return this.blame.of(
      { project, application },
      {
        ...{ object, cluster, at: pastOf(at) ?? new Date().toISOString() },
        field: field === undefined ? undefined : fieldPath(field),
      },
    );
  }
}
