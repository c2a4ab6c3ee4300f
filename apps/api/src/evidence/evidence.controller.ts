import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import type { Reply } from '../requests/http.js';
import { anyName } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { Evidence } from './evidence.js';

const query = z.object({
  revision: z.string().regex(/^[0-9a-f]{7,64}$/, 'must be a revision, or its first 7 hex digits or more'),
});

/** What an auditor is given of a change. */
@ApiTags('applications')
@Controller('v1/applications')
export class EvidenceController {
  constructor(@Inject(Evidence) private readonly evidence: Evidence) {}

  @Get(':project/:name/evidence')
  @Allows('admin')
  @ReadsViews()
  @ApiProduces('application/zip')
  @ApiResponse({ status: 200, description: 'A signed ZIP archive of all that is recorded of a revision.' })
  async archive(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) application: string,
    @Query({ schema: query }) { revision }: z.infer<typeof query>,
    @Res() reply: Reply,
  ): Promise<void> {
    const bytes = await this.evidence.of({ project, application }, revision);
    reply.header('content-type', 'application/zip').send(Buffer.from(bytes));
  }
}
