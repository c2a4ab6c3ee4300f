import { Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { BlobStore, EventLog, formatPosition, Live } from '@syncline/kernel';
import type { ExportScope } from '@syncline/log-proofs';
import { Projector, Views } from '@syncline/read-models';
import { Readable } from 'node:stream';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { Problem } from '../problems/problem.js';
import type { Reply } from '../requests/http.js';
import { HasNoPast } from '../requests/reads-views.js';
import { Checkpoints } from './checkpoints/checkpoints.js';
import { exportLog } from './export/log-export.js';
import { LogTree } from './tree/log-tree.js';

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

const exportType = 'application/vnd.syncline.export';
const sequence = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const exportQuery = z
  .object({
    from: sequence.optional(),
    to: sequence.optional(),
    change: z.string().min(1).max(200).optional(),
  })
  .refine(({ from, to, change }) => change === undefined || (from === undefined && to === undefined), {
    message: 'a change has no from and to',
  });

const at = (last: number): string => formatPosition({ sequence: last, index: 0 });

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
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(LogTree) private readonly tree: LogTree,
    @Inject(Checkpoints) private readonly checkpoints: Checkpoints,
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
  @HasNoPast('An export is of positions of the log: from and to.')
  @Allows('admin')
  @ApiProduces(exportType)
  @ApiResponse({
    status: 200,
    description: 'The log, or a part of it, so that it can be verified by itself.',
  })
  async export(
    @Query({ schema: exportQuery }) query: z.infer<typeof exportQuery>,
    @Res() reply: Reply,
  ): Promise<void> {
    const checkpoint = await this.checkpoints.forExport();
    if (!checkpoint)
      throw new Problem(
        503,
        'no-checkpoint',
        'No checkpoint covers the log yet, and none can be signed now.',
      );
    const scope = scopeOf(query, checkpoint.size);
    const { log, blobs, tree } = this;
    reply
      .header('content-type', exportType)
      .send(Readable.from(exportLog({ log, blobs, tree, checkpoint }, scope), { objectMode: false }));
  }
}

/** What a query asks for, of a log whose checkpoint covers so many messages. */
const scopeOf = ({ from, to, change }: z.infer<typeof exportQuery>, size: number): ExportScope => {
  if (change !== undefined) return { of: 'change', change };
  if (from === undefined && to === undefined) return { of: 'all' };
  const range = { of: 'range', from: from ?? 1, to: to ?? size } as const;
  if (range.from > range.to || range.to > size)
    throw new Problem(
      409,
      'not-covered',
      `There are no messages ${range.from} to ${range.to} among the ${size} that the newest checkpoint covers.`,
    );
  return range;
};
