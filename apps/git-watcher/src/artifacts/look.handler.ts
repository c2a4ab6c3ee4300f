import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { CommandRefused, EventLog, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { ArtifactWatch } from './artifact-watch.js';

const payload = z.object({ repository: z.string().min(1) });

/** `cmd.git-watcher.look-at-artifacts`: what a repository's applications name is looked at now; answers when it was. */
@Controller()
export class LookHandler {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(ArtifactWatch) private readonly watch: ArtifactWatch,
  ) {}

  @AnswersCommand('look-at-artifacts')
  async look(
    request: CommandRequest,
  ): Promise<CommandAnswer<{ outcomes: Readonly<Record<string, number>> }>> {
    const parsed = payload.safeParse(request.payload);
    if (!parsed.success) throw new CommandRefused('invalid-command', 'It takes the name of a repository.');
    const polled = await this.watch.hasten(parsed.data.repository);
    const outcomes: Record<string, number> = {};
    for (const one of polled) {
      const outcome = one?.outcome ?? 'pending';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    return { position: { sequence: await this.log.lastSequence(), index: 0 }, result: { outcomes } };
  }
}
