import { Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { EventLog, formatPosition, Live } from '@syncline/kernel';
import { Projector, Views } from '@syncline/read-models';
import { Readable } from 'node:stream';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { Problem } from '../problems/problem.js';
import type { Reply } from '../requests/http.js';
import { exportLines } from './export-lines.js';

const logAnswer = z.object({
  position: z.string(),
  events: z.int().nullable(),
  projected: z.string(),
  /** Messages that this version cannot read; set aside until a later one rebuilds the views. */
  unreadable: z.int().nullable(),
  /** Why the views cannot be read, where they cannot. */
  views: z.string().nullable(),
  /** Up to where views are made anew, where that is under way. */
  rebuilding: z.string().nullable(),
});
const rebuiltAnswer = z.object({
  position: z.string(),
  rows: z.int(),
  seconds: z.number(),
  equal: z.boolean(),
  differing: z.array(z.string()),
});

const at = (sequence: number): string => formatPosition({ sequence, index: 0 });

/** The log as such: where it stands, all of it, and making the views anew from it. */
@ApiTags('log')
@Controller('v1/log')
export class LogController {
  #rebuilding = false;

  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Views) private readonly views: Views,
    @Inject(Projector) private readonly projector: Projector,
    @Inject(Live) private readonly live: Live,
  ) {}

  @Get()
  @Allows('viewer')
  @ApiResponse({ status: 200, standardSchema: logAnswer })
  async show(): Promise<z.infer<typeof logAnswer>> {
    const { away, position: projected, rebuiltTo } = this.projector;
    const position = formatPosition(await this.log.lastPosition());
    const counts = away === undefined ? await this.views.counts().catch(() => undefined) : undefined;
    return {
      ...{ position, projected: formatPosition(projected), views: away ?? null },
      rebuilding: rebuiltTo === undefined ? null : at(rebuiltTo),
      ...{ events: counts?.events ?? null, unreadable: counts?.unreadable ?? null },
    };
  }

  @Post('rebuild')
  @HttpCode(200)
  @Allows('admin')
  @ApiResponse({ status: 200, standardSchema: rebuiltAnswer })
  async rebuild(): Promise<z.infer<typeof rebuiltAnswer>> {
    if (this.#rebuilding) throw new Problem(409, 'rebuild-running', 'The views are being made anew already.');
    this.#rebuilding = true;
    try {
      const { sequence, rows, seconds, differing } = await this.projector.rebuild();
      this.live.publish('log.rebuilt', { sequence, rows, seconds });
      return {
        position: at(sequence),
        rows,
        seconds,
        equal: differing.length === 0,
        differing: [...differing],
      };
    } finally {
      this.#rebuilding = false;
    }
  }

  @Get('export')
  @Allows('admin')
  @ApiProduces('application/x-ndjson')
  @ApiResponse({
    status: 200,
    description: 'One line per message of the log, its events as they are stored.',
  })
  export(@Res() reply: Reply): void {
    reply.header('content-type', 'application/x-ndjson').send(Readable.from(exportLines(this.log)));
  }
}
