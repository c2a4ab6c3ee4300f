import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Views } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { notFound } from '../problems/problem.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { RecordedManifests } from './recorded-manifests.js';

const query = z.object({
  target: anyName.optional().describe('a cluster; every target where it is left out'),
  at: instant.optional(),
});
const applied = z.object({
  cluster: z.string(),
  revision: z.string(),
  plan: z.string(),
  manifests: z.string().describe('digest of the recorded render'),
  objects: z.array(z.record(z.string(), z.unknown())).describe('values of Secrets are references'),
});
const answer = z.object({ targets: z.array(applied), at: z.string() });

/** What targets were applied with last, as it was recorded: now, or as of an instant. */
@ApiTags('applications')
@Controller('v1/applications/:project/:name')
export class ManifestsController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(RecordedManifests) private readonly manifests: RecordedManifests,
  ) {}

  @Get('manifests')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: answer })
  async show(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) application: string,
    @Query({ schema: query }) asked: z.infer<typeof query>,
  ): Promise<z.infer<typeof answer>> {
    const at = pastOf(asked.at) ?? new Date().toISOString();
    const cluster = asked.target;
    const rows = await this.views.fleetAt(at, {
      ...{ project, application },
      ...(cluster !== undefined && { cluster }),
    });
    if (rows.length === 0)
      throw notFound(
        'target-unknown',
        `${project}/${application} was not on ${cluster ?? 'any cluster'} as of ${at}.`,
      );
    const targets: z.infer<typeof applied>[] = [];
    for (const { cluster: name, revision, appliedPlan: plan, manifests } of rows) {
      if (revision === null || plan === null || manifests === null) continue;
      const objects = await this.manifests.objects(name, manifests);
      targets.push({ cluster: name, revision, plan, manifests, objects: objects.map((one) => ({ ...one })) });
    }
    return { targets, at };
  }
}
