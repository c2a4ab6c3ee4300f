import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { trackedRef } from '@syncline/events';
import { Commands } from '@syncline/kernel';
import { Views, type RepositoryRow } from '@syncline/read-models';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { sealedBytes, sealedText } from '../clusters/sealed.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastOf } from '../requests/instants.js';
import { name } from '../requests/names.js';
import { answered } from '../requests/positions.js';
import { ReadsViews } from '../requests/reads-views.js';

const pattern = z.string().min(1).max(500);
const file = z.string().max(262_144);
const newRepository = z.object({
  repository: name,
  url: z.string().min(1).max(2_000),
  ref: trackedRef.optional(),
  paths: z.array(pattern).max(100).optional(),
  include: z.array(pattern).max(100).optional(),
  pollSeconds: z.int().min(1).max(86_400).optional(),
  credential: sealedText.optional(),
  knownHosts: file.optional(),
  signatures: z.object({ keyring: file.optional(), allowedSigners: file.optional() }).nullable().optional(),
});
const newCredential = z.object({ credential: sealedText });
const trustedKeys = z.object({ fingerprints: z.array(z.string().max(100)).min(1).max(20) });
const repository = z.object({
  repository: z.string(),
  url: z.string(),
  ref: z.object({ kind: z.string(), name: z.string() }),
  paths: z.array(z.string()),
  include: z.array(z.string()),
  pollSeconds: z.int(),
  revision: z.string().optional(),
  message: z.string().optional(),
  state: z.enum(['ok', 'failed', 'pending']),
  failure: z.object({ class: z.string(), reason: z.string(), since: z.string() }).optional(),
  configuration: z
    .object({
      revision: z.string(),
      accepted: z.boolean(),
      errors: z.array(z.object({ file: z.string(), line: z.int(), reason: z.string() })).optional(),
      errorCount: z.int().optional(),
      since: z.string(),
    })
    .optional(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const repositoryList = z.object({ items: z.array(repository) });

const query = z.object({ at: instant.optional() });

/** Events that say what repositories there are, and what was seen of them. */
const following = {
  types: [
    'RepositoryRegistered', 'RevisionDetected', 'RevisionRefused', 'FetchFailed', 'FetchRecovered', 'ConfigurationAccepted',
    'ConfigurationRejected',
  ],
} as const; // prettier-ignore

const shown = (row: RepositoryRow): z.infer<typeof repository> => {
  const { revision, message, failure, configuration } = row;
  return {
    ...{ repository: row.repository, url: row.url, ref: row.ref, pollSeconds: row.pollSeconds },
    paths: [...row.paths],
    include: [...row.include],
    state: failure ? 'failed' : revision === null ? 'pending' : 'ok',
    ...(revision !== null && { revision }),
    ...(message !== null && { message }),
    ...(failure && { failure }),
    ...(configuration && { configuration: configuration as z.infer<typeof repository>['configuration'] }),
    occurredAt: row.occurredAt,
    recordedAt: row.recordedAt,
  };
};

/** Git remotes that may be read. git-watcher decides about them. */
@ApiTags('repositories')
@Controller('v1/repositories')
export class RepositoriesController {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  @Allows('viewer')
  @ReadsViews({ past: true })
  @ApiResponse({ status: 200, standardSchema: repositoryList })
  async list(
    @Query({ schema: query }) asked: z.infer<typeof query>,
  ): Promise<z.infer<typeof repositoryList>> {
    const at = pastOf(asked.at);
    const rows =
      at === undefined
        ? await this.views.repositories()
        : (await this.views.past(at, following)).repositories();
    return { items: rows.map(shown) };
  }

  @Post()
  @Allows('admin')
  @Writes()
  async register(
    @Body({ schema: newRepository }) body: z.infer<typeof newRepository>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    if (body.credential !== undefined) sealedBytes(body.credential);
    return this.#send('register', body, caller);
  }

  @Post(':name/credential')
  @HttpCode(200)
  @Allows('admin')
  @Writes()
  async replaceCredential(
    @Param('name', { schema: name }) repository: string,
    @Body({ schema: newCredential }) body: z.infer<typeof newCredential>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    sealedBytes(body.credential);
    return this.#send('credential', { repository, ...body }, caller);
  }

  /** The keys that its SSH host shows now, and those that are trusted. */
  @Get(':name/host-keys')
  @Allows('admin')
  async hostKeys(
    @Param('name', { schema: name }) repository: string,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.#send('host-keys', { repository }, caller);
  }

  @Post(':name/host-keys')
  @HttpCode(200)
  @Allows('admin')
  @Writes()
  async trust(
    @Param('name', { schema: name }) repository: string,
    @Body({ schema: trustedKeys }) body: z.infer<typeof trustedKeys>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.#send('trust', { repository, ...body }, caller);
  }

  @Post(':name/refresh')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  async refresh(
    @Param('name', { schema: name }) repository: string,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.#send('refresh', { repository }, caller);
  }

  async #send(verb: string, payload: unknown, caller: Caller): Promise<Record<string, unknown>> {
    return answered(await this.commands.send('git-watcher', verb, payload, contextOf(caller)));
  }
}
