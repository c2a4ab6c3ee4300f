import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Commands } from '@syncline/kernel';
import { subjects } from '@syncline/events';
import {
  Views, type ApplicationName, type ApplicationRow, type Past, type RolloutRow,
} from '@syncline/read-models'; // prettier-ignore
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { pastTargetOf, pastTargetShape } from '../fleet/past-target.js';
import { targetOf, targetShape } from '../fleet/target-answer.js';
import { notFound } from '../problems/problem.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastOf } from '../requests/instants.js';
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
  targets: z.array(z.union([pastTargetShape, targetShape])),
  rollout: rolloutShape.optional(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const pastQuery = z.object({ at: instant.optional() });
const historyQuery = z.object({ at: instant.optional(), before: cursor.optional(), limit: limitOf(20, 100) });
const retry = z.object({ clusters: z.array(name).min(1).max(1_000).optional(), reason: reason.optional() });

/** Events that declare applications. */
const declaring = {
  types: ['ApplicationDeclared', 'ApplicationRevised', 'ApplicationRetired', 'ApplicationPaused', 'ApplicationResumed'],
} as const; // prettier-ignore

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
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: applicationList })
  async list(
    @Query({ schema: pastQuery }) query: z.infer<typeof pastQuery>,
  ): Promise<z.infer<typeof applicationList>> {
    const at = pastOf(query.at);
    const [rows, targets] = await Promise.all(
      at === undefined
        ? [this.views.applications(), this.views.fleet()]
        : [this.views.past(at, declaring).then((past) => past.applications()), this.views.fleetAt(at)],
    );
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
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: application })
  async show(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) name: string,
    @Query({ schema: pastQuery }) query: z.infer<typeof pastQuery>,
  ): Promise<z.infer<typeof application>> {
    const at = pastOf(query.at);
    const asked = { project, application: name };
    const past = at === undefined ? undefined : await this.#past(asked, at);
    const row = await this.#find(asked, past);
    const targets =
      at === undefined
        ? (await this.views.fleet(asked)).map(targetOf)
        : (await this.views.fleetAt(at, asked)).map(pastTargetOf);
    const { rollout: id } = row;
    const rollout = id === null ? undefined : past ? past.rollout(id) : await this.views.rollout(id);
    return {
      ...{ project, application: name, repository: row.repository, retired: row.retired },
      ...{ declaredRevision: row.declaredRevision, spec: { ...row.spec }, targets },
      ...(row.pause && { pause: row.pause }),
      ...(rollout && { rollout: rolloutOf(rollout) }),
      ...{ occurredAt: row.occurredAt, recordedAt: row.recordedAt },
    };
  }

  @Get(':project/:name/history')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: historyPage })
  async history(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) name: string,
    @Query({ schema: historyQuery }) { at, before, limit }: z.infer<typeof historyQuery>,
  ): Promise<z.infer<typeof historyPage>> {
    const asked = { project, application: name };
    const until = pastOf(at);
    await this.#find(asked, until === undefined ? undefined : await this.#past(asked, until));
    return this.histories.page(asked, limit, { before, until });
  }

  @Get(':project/:name/revisions/:sha')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: revisionAnswer })
  revision(
    @Param('project', { schema: anyName }) project: string,
    @Param('name', { schema: anyName }) name: string,
    @Param('sha', { schema: revision }) sha: string,
    @Query({ schema: pastQuery }) { at }: z.infer<typeof pastQuery>,
  ): Promise<z.infer<typeof revisionAnswer>> {
    return this.revisions.find({ project, application: name }, sha, pastOf(at));
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

  #past({ project, application }: ApplicationName, at: string): Promise<Past> {
    return this.views.past(at, { subjects: [subjects.application(project, application)] });
  }

  async #find(name: ApplicationName, past?: Past): Promise<ApplicationRow> {
    const { project, application: asked } = name;
    const row = past ? past.application(project, asked) : await this.views.application(name);
    if (row) return row;
    throw notFound(
      'application-unknown',
      `There ${past ? 'was no' : 'is no'} application ${project}/${asked}${past ? ' then' : ''}. GET /v1/applications lists those that there are.`,
    );
  }
}
