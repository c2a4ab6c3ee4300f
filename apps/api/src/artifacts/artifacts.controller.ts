import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { artifactFailures, artifactReference } from '@syncline/events';
import { Commands } from '@syncline/kernel';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { sealedBytes, sealedText } from '../clusters/sealed.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { name } from '../requests/names.js';
import { answered } from '../requests/positions.js';

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

/** Charts and artifacts that applications name, and the registries that they come from. git-watcher decides about them. */
@ApiTags('artifacts')
@Controller('v1')
export class ArtifactsController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get('artifacts')
  @Allows('viewer')
  @ApiResponse({ status: 200, standardSchema: artifactList })
  async artifacts(@CallerOf() caller: Caller): Promise<z.infer<typeof artifactList>> {
    return artifactList.parse(await this.#send('artifacts', {}, caller));
  }

  @Get('registries')
  @Allows('viewer')
  @ApiResponse({ status: 200, standardSchema: registryList })
  async registries(@CallerOf() caller: Caller): Promise<z.infer<typeof registryList>> {
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
