import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { ClusterCalls, Commands, type CommandAnswer } from '@syncline/kernel';
import { Views, type ParkedRow } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { notFound } from '../problems/problem.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastOf } from '../requests/instants.js';
import { answered } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';

const parkedKey = z.object({ service: z.string(), reaction: z.string(), subject: z.string() });
const parkedSubject = parkedKey.extend({
  position: z.string(),
  attempts: z.int(),
  reason: z.string(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const query = z.object({ at: instant.optional() });
/** Events that say what was parked. */
const parking = { types: ['SubjectParked', 'SubjectResumed'] } as const;
const parkedList = z.object({ items: z.array(parkedSubject) });

/** Subjects that a reaction gave up on, and going on with them once what they fail on is mended. */
@ApiTags('log')
@Controller('v1/log/parked')
export class ParkedController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(Commands) private readonly commands: Commands,
    @Inject(ClusterCalls) private readonly calls: ClusterCalls,
  ) {}

  @Get()
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: parkedList })
  async list(@Query({ schema: query }) asked: z.infer<typeof query>): Promise<z.infer<typeof parkedList>> {
    const at = pastOf(asked.at);
    const rows = at === undefined ? await this.views.parked() : (await this.views.past(at, parking)).parked();
    return { items: [...rows] };
  }

  @Post('resume')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  async resume(
    @Body({ schema: parkedKey }) asked: z.infer<typeof parkedKey>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const isAsked = (row: ParkedRow): boolean =>
      row.service === asked.service && row.reaction === asked.reaction && row.subject === asked.subject;
    const row = (await this.views.parked()).find(isAsked);
    if (!row)
      throw notFound(
        'not-parked',
        `${asked.reaction} of ${asked.service} is not parked on ${asked.subject}.`,
      );
    return answered(await this.#send(asked, caller));
  }

  /** A reaction of an applier is named after its cluster, which answers for it. */
  #send({ service, reaction, subject }: z.infer<typeof parkedKey>, caller: Caller): Promise<CommandAnswer> {
    const payload = { reaction, subject };
    const context = contextOf(caller);
    return service === 'applier'
      ? this.calls.call<CommandAnswer>(reaction, 'resume', { payload, context })
      : this.commands.send(service, 'resume', payload, context);
  }
}
