import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@syncline/kernel';
import type { Hash } from '@syncline/log-proofs';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { notFound, Problem } from '../problems/problem.js';
import { Writes } from '../requests/caller.js';
import { HasNoPast } from '../requests/reads-views.js';
import { Checkpoints, type SignedCheckpoint } from './checkpoints/checkpoints.js';
import { LogTree } from './tree/log-tree.js';

const checkpointAnswer = z.object({
  origin: z.string(),
  size: z.int(),
  /** The root over the first `size` messages, in hexadecimal digits. */
  root: z.string(),
  /** Who signed it, as C2SP writes a verifier down. */
  key: z.string(),
  /** The checkpoint as it was signed: C2SP tlog-checkpoint. */
  note: z.string(),
});
const hashes = z.array(z.string());
const inclusionAnswer = z.object({
  sequence: z.int(),
  size: z.int(),
  subject: z.string(),
  recordedAtNs: z.string(),
  /** The stored bytes in base64: with subject and time in front they are the leaf. */
  bytes: z.string(),
  leaf: z.string(),
  path: hashes,
  checkpoint: checkpointAnswer,
});
const consistencyAnswer = z.object({ from: z.int(), to: z.int(), path: hashes });

const sequenceText = z
  .string()
  .regex(/^[1-9]\d{0,14}(?:\.\d{1,6})?$/, 'must be a position as the API gave it')
  .transform((text) => Number.parseInt(text, 10));
const size = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const inclusionQuery = z.object({ size: size.optional() });
const consistencyQuery = z.object({ from: size, to: size });

const hex = (hash: Hash): string => Buffer.from(hash).toString('hex');
const shown = ({
  origin,
  size: of,
  root,
  key,
  note,
}: SignedCheckpoint): z.infer<typeof checkpointAnswer> => ({
  ...{ origin, size: of, root, key, note },
});

const noInstant = 'A proof is of a position of the log, and not of an instant.';

/** Checkpoints of the log, and proofs that what it says now is what was signed. */
@ApiTags('log')
@Controller('v1/log')
export class ProofsController {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(LogTree) private readonly tree: LogTree,
    @Inject(Checkpoints) private readonly checkpoints: Checkpoints,
  ) {}

  @Get('checkpoint')
  @HasNoPast(noInstant)
  @Allows('viewer')
  @ApiResponse({ status: 200, standardSchema: checkpointAnswer })
  async newest(): Promise<z.infer<typeof checkpointAnswer>> {
    return shown(await this.#newest());
  }

  @Post('checkpoint')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  @ApiResponse({ status: 200, standardSchema: checkpointAnswer })
  async sign(): Promise<z.infer<typeof checkpointAnswer>> {
    return shown(await this.checkpoints.sign());
  }

  @Get('proofs/:position')
  @HasNoPast(noInstant)
  @Allows('viewer')
  @ApiResponse({ status: 200, standardSchema: inclusionAnswer })
  async inclusion(
    @Param('position', { schema: sequenceText }) sequence: number,
    @Query({ schema: inclusionQuery }) query: z.infer<typeof inclusionQuery>,
  ): Promise<z.infer<typeof inclusionAnswer>> {
    const checkpoint = await this.#newest();
    const of = query.size ?? checkpoint.size;
    this.#covered(of);
    if (sequence > of)
      throw new Problem(
        409,
        'not-covered',
        `The newest checkpoint covers ${of} messages, and ${sequence} is not among them. syncline log checkpoint --sign makes another.`,
      );
    const message = await this.#message(sequence);
    return {
      ...{ sequence, size: of, subject: message.subject, recordedAtNs: String(message.recordedAtNs) },
      bytes: Buffer.from(message.bytes).toString('base64'),
      leaf: hex(await this.tree.leafOf(sequence)),
      path: (await this.tree.inclusion(sequence, of)).map(hex),
      checkpoint: shown(checkpoint),
    };
  }

  @Get('consistency')
  @HasNoPast(noInstant)
  @Allows('viewer')
  @ApiResponse({ status: 200, standardSchema: consistencyAnswer })
  async consistency(
    @Query({ schema: consistencyQuery }) { from, to }: z.infer<typeof consistencyQuery>,
  ): Promise<z.infer<typeof consistencyAnswer>> {
    this.#covered(to);
    if (from > to)
      throw new Problem(409, 'not-consistent', `A log of ${to} messages does not begin with ${from}.`);
    return { from, to, path: (await this.tree.consistency(from, to)).map(hex) };
  }

  async #newest(): Promise<SignedCheckpoint> {
    const newest = await this.checkpoints.newest();
    if (newest) return newest;
    throw notFound(
      'no-checkpoint',
      'No checkpoint was signed yet. syncline log checkpoint --sign makes one.',
    );
  }

  async #message(sequence: number) {
    for await (const { message } of this.log.scan({ afterSequence: sequence - 1 }))
      if (message.sequence === sequence) return message;
      else break;
    throw notFound('no-message', `The log holds no message ${sequence}.`);
  }

  #covered(of: number): void {
    if (of <= this.tree.size) return;
    throw new Problem(409, 'not-covered', `The tree of the log covers ${this.tree.size} messages so far.`);
  }
}
