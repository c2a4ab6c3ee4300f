import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { driftDocument, driftedObject, foreignWrite, ignoreRule } from '@syncline/events';
import { Views, type DriftRow } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { cursor, limitOf } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';
import { driftOfThen } from './drift-of-then.js';
import { writesOf } from './drift-writes.js';
import { flappingOf } from './flapping.js';

const query = z.object({
  project: anyName.optional(),
  application: anyName.optional(),
  cluster: anyName.optional(),
  open: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  before: cursor.optional(),
  at: instant.optional(),
  limit: limitOf(50, 500),
});

const { objects } = driftDocument.shape;
const drift = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  revision: z.string(),
  plan: z.string(),
  firstSeen: z.string(),
  until: z.string().nullable().describe('null while it lasts'),
  lifetimeSeconds: z.number().optional().describe('of one that ended'),
  endedBy: z.string().optional(),
  manager: z.string().optional().describe('who put it back, where that is known'),
  objects: objects.describe('at most five, with values of Secrets as HMACs'),
  objectCount: z.int(),
  said: z.int(),
  flaps: z.int().describe('how often it came and went between'),
  writes: z
    .array(foreignWrite)
    .optional()
    .describe('who made it, by the audit log of the API server, where that is a source'),
  correlationId: z.string(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const flapping = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  object: driftedObject.shape.object,
  path: z.string().optional().describe('absent where the object itself comes and goes'),
  times: z.int().describe('within the day before'),
  since: z.string(),
  last: z.string(),
  managers: z.array(z.string()),
  endedBy: z.array(z.string()),
  rule: ignoreRule.optional().describe('for spec.sync.ignore of the application; absent where none can'),
});
const page = z.object({
  items: z.array(drift),
  flapping: z.array(flapping).describe('fields that drifted again and again in the day before'),
  next: z.string().optional(),
});

const dayMs = 86_400_000;
const mostFlapping = 20;
const mostOfDay = 500;

const endOf = ({ firstSeen, until, healedBy, healedByManager }: DriftRow) =>
  until !== null && {
    lifetimeSeconds: (Date.parse(until) - Date.parse(firstSeen)) / 1000,
    ...(healedBy !== null && { endedBy: healedBy }),
    ...(healedByManager !== null && { manager: healedByManager }),
  };

const driftOf = (row: DriftRow): z.infer<typeof drift> => ({
  ...{ project: row.project, application: row.application, cluster: row.cluster },
  ...{ revision: row.revision, plan: row.plan, firstSeen: row.firstSeen, until: row.until },
  ...endOf(row),
  objects: objects.parse(row.objects),
  ...{ objectCount: row.objectCount, said: row.said, flaps: row.flaps },
  ...{ correlationId: row.correlationId, occurredAt: row.occurredAt, recordedAt: row.recordedAt },
});

type Names = Pick<z.infer<typeof query>, 'project' | 'application' | 'cluster'>;
type Flaps = z.infer<typeof page>['flapping'];

/** What is live and is not what was applied: every drift once, the one that began last first. */
@ApiTags('drift')
@Controller('v1/drift')
export class DriftController {
  constructor(@Inject(Views) private readonly views: Views) {}

  @Get()
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: page })
  async list(@Query({ schema: query }) asked: z.infer<typeof query>): Promise<z.infer<typeof page>> {
    const { limit, at: instantAsked, ...rest } = asked;
    const at = pastOf(instantAsked);
    const where = { ...rest, at };
    const given = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined));
    const found = await this.views.drifts({ ...given, limit: limit + 1 });
    const rows = await this.#ofThen(found.slice(0, limit), at);
    const last = rows.at(-1);
    const writes = await writesOf(this.views, rows, at);
    return {
      items: rows.map((row) => {
        const made = writes(row);
        return { ...driftOf(row), ...(made.length > 0 && { writes: [...made] }) };
      }),
      flapping: await this.#flapping(given, at),
      ...(found.length > limit && last && { next: String(last.sequence) }),
    };
  }

  async #ofThen(rows: readonly DriftRow[], at: string | undefined): Promise<readonly DriftRow[]> {
    return at === undefined ? rows : Promise.all(rows.map((row) => driftOfThen(this.views, row, at)));
  }

  /** Of the newest drifts of a day, whichever page of the list is asked for. */
  async #flapping({ project, application, cluster }: Names, at: string | undefined): Promise<Flaps> {
    const names = { ...{ project, application, cluster }, ...(at !== undefined && { at }) };
    const given = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
    const since = new Date((at === undefined ? Date.now() : Date.parse(at)) - dayMs).toISOString();
    const rows = await this.views.drifts({ ...given, limit: mostOfDay });
    const ofDay = rows.filter(({ firstSeen }) => firstSeen >= since);
    return flappingOf(await this.#ofThen(ofDay, at))
      .slice(0, mostFlapping)
      .map((one) => ({ ...one, managers: [...one.managers], endedBy: [...one.endedBy] }));
  }
}
