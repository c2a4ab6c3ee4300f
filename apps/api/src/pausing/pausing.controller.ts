import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@syncline/kernel';
import { z } from 'zod';

import { Allows } from '../access/allows.js';
import { CallerOf, contextOf, Writes, type Caller } from '../requests/caller.js';
import { name, reason } from '../requests/names.js';
import { answered } from '../requests/positions.js';

const why = z.object({ reason: reason.optional() });

/** Stops an application from changing, and lets it go on. */
@ApiTags('applications')
@Controller('v1/applications/:project/:name')
export class PausingController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post('pause')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  pause(
    @Param('project', { schema: name }) project: string,
    @Param('name', { schema: name }) application: string,
    @Body({ schema: why }) body: z.infer<typeof why>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.#send('pause', { project, application, ...body }, caller);
  }

  @Post('resume')
  @HttpCode(200)
  @Allows('operator')
  @Writes()
  resume(
    @Param('project', { schema: name }) project: string,
    @Param('name', { schema: name }) application: string,
    @Body({ schema: why }) body: z.infer<typeof why>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.#send('resume-application', { project, application, ...body }, caller);
  }

  async #send(verb: string, asked: object, caller: Caller): Promise<Record<string, unknown>> {
    const payload = { ...asked, by: caller.requester.subject };
    return answered(await this.commands.send('planner', verb, payload, contextOf(caller)));
  }
}
