import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Period } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { Problem } from '../problems/problem.js';
import type { Reply } from '../requests/http.js';
import { instant, pastInstant } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { Evidence } from './evidence.js';

const query = z
  .object({
    revision: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/, 'must be a revision, or its first 7 hex digits or more')
      .optional(),
    from: instant
      .optional()
      .describe('with to: everything that was asked for or carried out within a period'),
    to: instant.optional(),
  })
  .refine(
    ({ revision, from, to }) => (revision === undefined) === (from !== undefined && to !== undefined),
    'give a revision, or a period by from and to',
  );

const periodOf = (from: string, to: string): Period => {
  const period = { from: pastInstant(from), to: pastInstant(to) };
  if (period.from <= period.to) return period;
  throw new Problem(422, 'period-empty', 'from must be before to: there is no time between them.');
};

/** What an auditor is given of a change. */
@ApiTags('applications')
@Controller('v1/applications')
export class EvidenceController {
  constructor(@Inject(Evidence) private readonly evidence: Evidence) {}

  @Get(':project/:name/evidence')
  @Allows('admin')
  @ReadsViews({ past: 'It is asked about a revision, or about a period: from and to.' })
  @ApiProduces('application/zip')
  @ApiResponse({
    status: 200,
    description: 'A signed ZIP archive of all that is recorded of a revision, or of a period.',
  })
  async archive(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) application: string,
    @Query({ schema: query }) { revision, from = '', to = '' }: z.infer<typeof query>,
    @Res() reply: Reply,
  ): Promise<void> {
    const name = { project, application };
    const bytes =
      revision === undefined
        ? await this.evidence.ofPeriod(name, periodOf(from, to))
        : await this.evidence.of(name, revision);
    reply.header('content-type', 'application/zip').send(Buffer.from(bytes));
  }
}
