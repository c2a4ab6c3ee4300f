import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@syncline/kernel';
import { Views, type PlanRow } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { Plans } from '../plans/plans.js';
import { notFound } from '../problems/problem.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { name, reason } from '../requests/names.js';
import { answered } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';

/** A dry run of each cluster may be asked for. */
const waitsMs = 120_000;
/** So many deployments of a cluster are looked at for one of a revision. */
const looked = 500;

const replay = z.object({
  deployment: z
    .string()
    .regex(/^[0-9a-f]{8,64}$/, 'must be the digest of a plan, or its first 8 hex digits or more'),
  onto: name.optional(),
  reason: reason.optional(),
});
const ending = z.object({ clusters: z.array(name).min(1).max(1_000).optional(), reason: reason.optional() });

const undeleting = z.object({
  clusters: z.array(name).min(1).max(1_000).optional(),
  objects: z
    .array(z.string().min(3).max(400))
    .max(100)
    .optional()
    .describe('Kind/name or Kind/namespace/name; without any, what is missing and what the last prune took'),
  preview: z.boolean().optional().describe('only say what would be brought back'),
  reason: reason.optional(),
});

/** Deployments of the record run again, and objects of the record come back. */
@ApiTags('applications')
@Controller('v1/applications/:project/:name')
export class ReplaysController {
  constructor(
    @Inject(Plans) private readonly plans: Plans,
    @Inject(Views) private readonly views: Views,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Post('replays')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  @ReadsViews()
  async replay(
    @Param('project', { schema: name }) project: string,
    @Param('name', { schema: name }) application: string,
    @Body({ schema: replay }) { deployment, ...body }: z.infer<typeof replay>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const asked = await this.plans.find(deployment);
    if (asked.project !== project || asked.application !== application)
      throw notFound('deployment-unknown', `Plan ${deployment} is none of ${project}/${application}.`);
    const { onto } = body;
    const own = onto === undefined || onto === asked.cluster ? undefined : await this.#ownOf(asked, onto);
    const { cluster, plan, draftedSequence: drafted } = own ?? asked;
    return this.#send('replay', { project, application, ...body, cluster, plan, drafted }, caller);
  }

  @Post('replays/end')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  end(
    @Param('project', { schema: name }) project: string,
    @Param('name', { schema: name }) application: string,
    @Body({ schema: ending }) body: z.infer<typeof ending>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.#send('end-replay', { project, application, ...body }, caller);
  }

  @Post('undeletes')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  undelete(
    @Param('project', { schema: name }) project: string,
    @Param('name', { schema: name }) application: string,
    @Body({ schema: undeleting }) body: z.infer<typeof undeleting>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.#send('undelete', { project, application, ...body }, caller);
  }

  /** What a cluster itself last ran of the same revision: its own values and Secrets are in that. */
  async #ownOf({ project, application, revision }: PlanRow, cluster: string): Promise<PlanRow | undefined> {
    const found = await this.views.plans({ project, application, cluster, state: 'Applied', limit: looked });
    return found.find((one) => one.revision === revision);
  }

  async #send(verb: string, asked: object, caller: Caller): Promise<Record<string, unknown>> {
    const payload = { ...asked, by: caller.requester.subject };
    return answered(
      await this.commands.send('planner', verb, payload, contextOf(caller), { timeoutMs: waitsMs }),
    );
  }
}
