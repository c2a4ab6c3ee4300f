import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Views, type LoggedEvent } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { headerOf, type Reply, type Request } from '../requests/http.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { limitOf, positionOf, positionText } from '../requests/positions.js';
import { HasNoPast, ReadsViews } from '../requests/reads-views.js';
import { EventStreams } from './event-streams.js';

const subjectFilter = z
  .string()
  .max(800)
  .regex(
    /^ev(?:\.(?:[A-Za-z0-9_%-]+|\*))*(?:\.>)?$/,
    'must be a subject of the log; * and > stand for any token',
  );
const typeList = z
  .string()
  .max(2_000)
  .regex(/^[A-Za-z]+(?:,[A-Za-z]+)*$/, 'must be event types, separated by commas')
  .transform((text) => text.split(','));

const pageQuery = z.object({
  after: positionText.optional(),
  type: typeList.optional(),
  subject: subjectFilter.optional(),
  correlation: anyName.optional(),
  at: instant.optional().describe('An instant (RFC 3339): the events that the log had by then.'),
  limit: limitOf(100, 1_000),
});
const streamQuery = z.object({
  after: positionText.optional(),
  types: typeList.optional(),
  subject: subjectFilter.optional(),
});
const eventShape = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string(),
  time: z.string(),
  data: z.unknown(),
  correlationid: z.string(),
  actor: z.string(),
  position: z.string(),
  recordedtime: z.string(),
});
const eventPage = z.object({ items: z.array(eventShape), next: z.string().optional() });

/** The log as CloudEvents: by page out of the views, as they happen out of the log itself. */
@ApiTags('events')
@Allows('viewer')
@Controller('v1/events')
export class EventsController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Get()
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: eventPage })
  async page(
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<{ items: readonly LoggedEvent[]; next?: string }> {
    const { after, type, subject, correlation, limit } = query;
    const at = pastOf(query.at);
    const items = await this.views.events({
      after: positionOf(after),
      limit,
      ...(type && { types: type }),
      ...(subject !== undefined && { subject }),
      ...(correlation !== undefined && { correlationId: correlation }),
      ...(at !== undefined && { recordedBy: at }),
    });
    const last = items.at(-1);
    return { items, ...(items.length === limit && last && { next: last.position }) };
  }

  @Get('stream')
  @HasNoPast('It tells what comes; GET /v1/events?at= lists what there was.')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The position after which to go on.' })
  @ApiProduces('text/event-stream')
  @ApiResponse({ status: 200, description: 'Server-sent events; `id` is the position, `data` a CloudEvent.' })
  async stream(
    @Query({ schema: streamQuery }) query: z.infer<typeof streamQuery>,
    @Req() request: Request,
    @Res() reply: Reply,
  ): Promise<void> {
    const lastSeen = positionText.safeParse(headerOf(request, 'last-event-id'));
    const after = lastSeen.success ? lastSeen.data : query.after;
    await this.streams.serve(reply, {
      ...(after !== undefined && { after: positionOf(after) }),
      ...(query.types && { types: query.types }),
      ...(query.subject !== undefined && { subject: query.subject }),
    });
  }
}
