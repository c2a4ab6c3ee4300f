import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { BlobStore, EventLog } from '@syncline/kernel';
import { Readable } from 'node:stream';
import { z } from 'zod';

import { Allows } from '../../access/allows.js';
import { Problem } from '../../problems/problem.js';
import type { Reply } from '../../requests/http.js';
import { exportLog } from '../export/log-export.js';
import { LogTree } from '../tree/log-tree.js';
import { endOfSegment } from './segments.js';

const exportType = 'application/vnd.syncline.export';
const segmentQuery = z.object({
  /** How many messages the archive holds. */
  after: z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
});

/** The log in segments, for whoever archives it. */
@ApiTags('log')
@Controller('v1/log')
export class ArchiveController {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(LogTree) private readonly tree: LogTree,
  ) {}

  @Get('segment')
  @Allows('admin')
  @ApiProduces(exportType)
  @ApiResponse({
    status: 200,
    description:
      'The messages behind `after` up to a signed checkpoint, with every blob that they name, so that they can be put back.',
  })
  @ApiResponse({ status: 204, description: 'No checkpoint was signed since.' })
  async segment(
    @Query({ schema: segmentQuery }) { after }: z.infer<typeof segmentQuery>,
    @Res() reply: Reply,
  ): Promise<void> {
    const { log, blobs, tree } = this;
    const size = await log.lastSequence();
    if (after > size)
      throw new Problem(
        409,
        'not-covered',
        `The log has ${size} messages, and the archive holds ${after} of another.`,
      );
    const checkpoint = await endOfSegment(log, after);
    if (!checkpoint) {
      reply.status(204).send(undefined);
      return;
    }
    const scope = { of: 'segment', from: after + 1, to: checkpoint.size } as const;
    reply
      .header('content-type', exportType)
      .send(Readable.from(exportLog({ log, blobs, tree, checkpoint }, scope), { objectMode: false }));
  }
}
