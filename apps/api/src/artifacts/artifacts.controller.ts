import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { artifactFailures, artifactReference } from '@syncline/events';
import { Commands } from '@syncline/kernel';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { sealedBytes, sealedText } from '../clusters/sealed.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastOf } from '../requests/instants.js';
import { name } from '../requests/names.js';
import { answered } from '../requests/positions.js';
import { AnswersPast } from '../requests/reads-views.js';
import { PastArtifacts, type PastArtifact } from './past-artifacts.js';

const newRegistry = z.object({
  registry: name,
  url: z.string().min(1).max(500),
  plainHttp: z.boolean().optional(),
  credential: sealedText.optional(),
});
const registryList = z.object({
  items: z.array(
    z.object({
      registry: z.string(),
      url: z.string(),
      plainHttp: z.boolean(),
      hasCredential: z.boolean(),
    }),
  ),
});
const artifactList = z.object({
  items: z.array(
    z.object({
      repository: z.string(),
      artifact: artifactReference,
      version: z.string().optional(),
      digest: z.string().optional(),
      failure: z.object({ class: z.enum(artifactFailures), since: z.string() }).optional(),
    }),
  ),
});

const query = z.object({ at: instant.optional() });

const shown = ({
  repository,
  artifact,
  resolved,
  outage,
}: PastArtifact): z.infer<typeof artifactList>['items'][number] => {
  const failure = outage?.said.at(-1);
  return {
    ...{ repository, artifact },
    ...(resolved && { version: resolved.version, digest: resolved.digest }),
    ...(outage && failure && { failure: { class: failure, since: outage.since } }),
  };
};

/** Charts and artifacts that applications name, and the registries that they come from. git-watcher decides about them. */
@ApiTags('artifacts')
@Controller('v1')
export class ArtifactsController {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(PastArtifacts) private readonly past: PastArtifacts,
  ) {}

  @Get('artifacts')
  @Allows('viewer')
  @AnswersPast()
  @ApiResponse({ status: 200, standardSchema: artifactList })
  async artifacts(
    @CallerOf() caller: Caller,
    @Query({ schema: query }) asked: z.infer<typeof query>,
  ): Promise<z.infer<typeof artifactList>> {
    const at = pastOf(asked.at);
    if (at !== undefined) return { items: (await this.past.artifacts(at)).map(shown) };
    return artifactList.parse(await this.#send('artifacts', {}, caller));
  }

  @Get('registries')
  @Allows('viewer')
  @AnswersPast()
  @ApiResponse({ status: 200, standardSchema: registryList })
  async registries(
    @CallerOf() caller: Caller,
    @Query({ schema: query }) asked: z.infer<typeof query>,
  ): Promise<z.infer<typeof registryList>> {
    const at = pastOf(asked.at);
    if (at !== undefined)
      return {
        items: (await this.past.registries(at)).map(({ registry, url, plainHttp, credential }) => ({
          ...{ registry, url, plainHttp },
          hasCredential: credential !== undefined,
        })),
      };
    return registryList.parse(await this.#send('registries', {}, caller));
  }

  @Post('registries')
  @Allows('admin')
  @Writes()
  async register(
    @Body({ schema: newRegistry }) body: z.infer<typeof newRegistry>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    if (body.credential !== undefined) sealedBytes(body.credential);
    return this.#send('register-registry', body, caller);
  }

  async #send(verb: string, payload: unknown, caller: Caller): Promise<Record<string, unknown>> {
    return answered(await this.commands.send('git-watcher', verb, payload, contextOf(caller)));
  }
}
