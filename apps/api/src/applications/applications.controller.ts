import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Commands } from '@syncline/kernel';
import { Views, type ApplicationName, type ApplicationRow, type RolloutRow } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { targetOf, targetShape } from '../fleet/target-answer.js';
import { notFound } from '../problems/problem.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { anyName, name, reason, revision } from '../requests/names.js';
import { answered, cursor, limitOf } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';
import { ApplicationHistory, historyPage } from './history.js';
import { RevisionOfApplication, revisionAnswer } from './revision.js';

const summary = z.object({
  project: z.string(),
  application: z.string(),
  repository: z.string(),
  spec: z.record(z.string(), z.unknown()),
  retired: z.boolean(),
  paused: z.boolean(),
  targets: z.int(),
  inSync: z.int(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const applicationList = z.object({ items: z.array(summary) });
const rolloutShape = z.object({
  rollout: z.string(),
  revision: z.string(),
  reason: z.string(),
  state: z.string(),
  haltedBy: z.object({ cluster: z.string(), reason: z.string(), since: z.string() }).optional(),
  waves: z.array(z.object({ name: z.string(), clusters: z.array(z.string()) })),
  wavesOpened: z.int(),
  wavesCompleted: z.int(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
});
const application = z.object({
  project: z.string(),
  application: z.string(),
  repository: z.string(),
  declaredRevision: z.string(),
  retired: z.boolean(),
  spec: z.record(z.string(), z.unknown()),
  pause: z.object({ by: z.string(), reason: z.string(), since: z.string() }).optional(),
  targets: z.array(targetShape),
  rollout: rolloutShape.optional(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const historyQuery = z.object({ before: cursor.optional(), limit: limitOf(20, 100) });
const retry = z.object({ clusters: z.array(name).min(1).max(1_000).optional(), reason: reason.optional() });

const rolloutOf = (row: RolloutRow): z.infer<typeof rolloutShape> => ({
  ...{ rollout: row.rollout, revision: row.revision, reason: row.reason, state: row.state },
  ...(row.haltedBy && { haltedBy: row.haltedBy }),
  waves: row.waves.map((wave) => ({ name: wave.name, clusters: [...wave.clusters] })),
  ...{ wavesOpened: row.wavesOpened, wavesCompleted: row.wavesCompleted, startedAt: row.startedAt },
  ...(row.endedAt !== null && { endedAt: row.endedAt }),
});

/** Applications as declared in Git, and what is asked about one of them. */
@ApiTags('applications')
@Controller('v1/applications')
export class ApplicationsController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(Commands) private readonly commands: Commands,
    @Inject(ApplicationHistory) private readonly histories: ApplicationHistory,
    @Inject(RevisionOfApplication) private readonly revisions: RevisionOfApplication,
  ) {}

  @Get()
  @Allows('viewer')
  @ReadsViews()
  @ApiResponse({ status: 200, standardSchema: applicationList })
  async list(): Promise<z.infer<typeof applicationList>> {
    const [rows, targets] = await Promise.all([this.views.applications(), this.views.fleet()]);
    const byName = Map.groupBy(targets, (one) => `${one.project}/${one.application}`);
    const items = rows.map((row) => {
      const { project, application, repository, retired, spec, occurredAt, recordedAt } = row;
      const own = byName.get(`${project}/${application}`) ?? [];
      return {
        ...{ project, application, repository, spec: { ...spec }, retired },
        paused: row.pause !== null,
        ...{ targets: own.length, inSync: own.filter((one) => one.sync === 'InSync').length },
        ...{ occurredAt, recordedAt },
      };
    });
    return { items };
  }

  @Get(':project/:name')
  @Allows('viewer')
  @ReadsViews()
  @ApiResponse({ status: 200, standardSchema: application })
  async show(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) name: string,
  ): Promise<z.infer<typeof application>> {
    const row = await this.#find({ project, application: name });
    const targets = await this.views.fleet({ project, application: name });
    const rollout = row.rollout === null ? undefined : await this.views.rollout(row.rollout);
    return {
      ...{ project, application: name, repository: row.repository, retired: row.retired },
      ...{ declaredRevision: row.declaredRevision, spec: { ...row.spec }, targets: targets.map(targetOf) },
      ...(row.pause && { pause: row.pause }),
      ...(rollout && { rollout: rolloutOf(rollout) }),
      ...{ occurredAt: row.occurredAt, recordedAt: row.recordedAt },
    };
  }

  @Get(':project/:name/history')
  @Allows('viewer')
  @ReadsViews()
  @ApiResponse({ status: 200, standardSchema: historyPage })
  async history(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) name: string,
    @Query({ schema: historyQuery }) { before, limit }: z.infer<typeof historyQuery>,
  ): Promise<z.infer<typeof historyPage>> {
    await this.#find({ project, application: name });
    return this.histories.page({ project, application: name }, limit, before);
  }

  @Get(':project/:name/revisions/:sha')
  @Allows('viewer')
  @ReadsViews()
  @ApiResponse({ status: 200, standardSchema: revisionAnswer })
  revision(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) name: string,
    @Param('sha', { schema: revision }) sha: string,
  ): Promise<z.infer<typeof revisionAnswer>> {
    return this.revisions.find({ project, application: name }, sha);
  }

  @Post(':project/:name/retry')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  async retry(
    @Param('project', { schema: name }) project: string,
    @Param('name', { schema: name }) application: string,
    @Body({ schema: retry }) body: z.infer<typeof retry>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return answered(
      await this.commands.send('planner', 'retry', { project, application, ...body }, contextOf(caller)),
    );
  }

  async #find(name: ApplicationName): Promise<ApplicationRow> {
    const row = await this.views.application(name);
    if (row) return row;
    throw notFound(
      'application-unknown',
      `There is no application ${name.project}/${name.application}. GET /v1/applications lists those that there are.`,
    );
  }
}
