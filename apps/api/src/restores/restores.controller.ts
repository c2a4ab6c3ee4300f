import { randomUUID } from 'node:crypto';

import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { subjects, type RestoreEvent } from '@syncline/events';
import { beginning, Commands, digestOf } from '@syncline/kernel';
import { Views, type TargetFilter } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { notFound, Problem } from '../problems/problem.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastInstant, pastOf } from '../requests/instants.js';
import { anyName, reason } from '../requests/names.js';
import { answered } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';
import { selector } from '../requests/selector.js';
import { leftTarget, RestoredTargets, restoredTarget } from './restored-targets.js';

const most = 1_000;

const restore = z.object({
  asOf: instant,
  project: anyName.optional(),
  application: anyName.optional(),
  cluster: anyName.optional(),
  selector: selector.optional(),
  preview: z.boolean().optional().describe('only say what would become what it was'),
  reason: reason.optional(),
});
const query = z.object({ at: instant.optional() });
const restoreState = z.object({
  restore: z.string(),
  asOf: z.string(),
  state: z.enum(['Running', 'Halted', 'Completed']),
  /** The steps of which all targets are what they were. */
  done: z.int(),
  steps: z.array(z.object({ name: z.string(), targets: z.array(restoredTarget.omit({ from: true })) })),
  halted: z.object({ target: z.string(), reason: z.string() }).optional(),
});

const given = (names: { readonly [Name in keyof TargetFilter]: string | undefined }): TargetFilter =>
  Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));

/** Many targets become what they were at an instant, as one ordered change. */
@ApiTags('fleet')
@Controller('v1/restores')
export class RestoresController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(Commands) private readonly commands: Commands,
    @Inject(RestoredTargets) private readonly restored: RestoredTargets,
  ) {}

  @Post()
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  @ReadsViews()
  @ApiResponse({
    status: 200,
    standardSchema: z.object({
      restore: z.string().optional(),
      position: z.string().optional(),
      targets: z.array(restoredTarget),
      left: z.array(leftTarget),
    }),
  })
  async restore(
    @Body({ schema: restore }) body: z.infer<typeof restore>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const { asOf, selector: terms, preview, reason: why, ...names } = body;
    const filter = given(names);
    if (terms === undefined && Object.keys(filter).length === 0)
      throw new Problem(
        422,
        'restore-of-everything',
        'Say which targets: a selector, an application or a cluster.',
      );
    const at = pastInstant(asOf);
    const { targets, left } = await this.restored.of(at, filter, terms);
    if (targets.length > most)
      throw new Problem(422, 'restore-too-large', `${targets.length} targets; at most ${most} at once.`);
    if (preview === true || targets.length === 0) return { targets, left };
    const { idempotencyKey: key, requester } = caller;
    const id = key === undefined ? randomUUID() : digestOf(['restore', requester.subject, key]);
    const payload = {
      ...{ restore: id.slice(0, 16), asOf: at, by: requester.subject },
      targets: targets.map((one) => restoredTarget.omit({ from: true }).parse(one)),
      ...(why !== undefined && { reason: why }),
    };
    const answer = await this.commands.send('planner', 'restore', payload, contextOf(caller));
    return { ...answered(answer), targets, left };
  }

  @Get(':restore')
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: restoreState })
  async show(
    @Param('restore', { schema: anyName }) id: string,
    @Query({ schema: query }) asked: z.infer<typeof query>,
  ): Promise<z.infer<typeof restoreState>> {
    const subject = subjects.restore(id);
    const at = pastOf(asked.at);
    const by = at === undefined ? {} : { occurredBy: at };
    const events = await this.views.events({ after: beginning, limit: 2 * most, subject, ...by });
    const told = events.map(({ type, data }) => ({ type, data }) as unknown as RestoreEvent);
    const [requested] = told;
    if (requested?.type !== 'RestoreRequested')
      throw notFound('restore-unknown', `There is no restore ${id}.`);
    const { asOf, steps } = requested.data;
    const last = told.at(-1);
    const opened = told.findLast((one) => one.type === 'RestoreStepOpened');
    const isCompleted = last?.type === 'RestoreCompleted';
    return {
      ...{ restore: id, asOf, steps },
      state: isCompleted ? 'Completed' : last?.type === 'RestoreHalted' ? 'Halted' : 'Running',
      done: isCompleted ? steps.length : (opened?.data.step ?? 0),
      ...(last?.type === 'RestoreHalted' && {
        halted: { target: last.data.target, reason: last.data.reason },
      }),
    };
  }
}
