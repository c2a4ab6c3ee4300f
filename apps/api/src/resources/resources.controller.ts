import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { resourcesAnswer, type ResourcesRequest } from '@syncline/events';
import { AdapterError, ClusterCalls, isCommandRefused } from '@syncline/kernel';
import { Views } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { notFound } from '../problems/problem.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName, name } from '../requests/names.js';
import { ReadsViews } from '../requests/reads-views.js';
import { PastResources } from './past-resources.js';

const timeoutMs = 10_000;

const query = z.object({ cluster: name.optional(), at: instant.optional() });
const problem = z.object({ code: z.string(), sentence: z.string() });
const targetResources = z.union([
  resourcesAnswer.extend({ cluster: z.string() }),
  z.object({ cluster: z.string(), problem }),
]);
const answer = z.object({ targets: z.array(targetResources), at: z.string().optional() });
type TargetResources = z.infer<typeof targetResources>;

/** What an application holds on its clusters: now as the clusters themselves say, as of an instant as the record knows. */
@ApiTags('applications')
@Controller('v1/applications/:project/:name')
export class ResourcesController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(ClusterCalls) private readonly calls: ClusterCalls,
    @Inject(PastResources) private readonly past: PastResources,
  ) {}

  @Get('resources')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: answer })
  async show(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) application: string,
    @Query({ schema: query }) { cluster, at: instantAsked }: z.infer<typeof query>,
  ): Promise<z.infer<typeof answer>> {
    const asked = { project, application };
    const at = pastOf(instantAsked);
    if (at !== undefined) return { targets: [...(await this.past.at(at, asked, cluster))], at };
    if (!(await this.views.application(asked)))
      throw notFound(
        'application-unknown',
        `There is no application ${project}/${application}. GET /v1/applications lists those that there are.`,
      );
    const rows = await this.views.fleet({ ...asked, ...(cluster !== undefined && { cluster }) });
    if (cluster !== undefined && rows.length === 0)
      throw notFound('target-unknown', `${application} is not placed on ${cluster}.`);
    return { targets: await Promise.all(rows.map((row) => this.#ask(row.cluster, asked))) };
  }

  /** One cluster that does not answer keeps nobody from the others. */
  async #ask(cluster: string, asked: ResourcesRequest): Promise<TargetResources> {
    try {
      const held = await this.calls.call(cluster, 'resources', asked, { timeoutMs });
      return { cluster, ...resourcesAnswer.parse(held) };
    } catch (error) {
      if (!isCommandRefused(error) && !(error instanceof AdapterError)) throw error;
      return { cluster, problem: { code: error.code, sentence: error.message } };
    }
  }
}
