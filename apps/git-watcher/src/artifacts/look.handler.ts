import { artifactsAggregate, knownArtifact } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, CommandRefused, EventLog, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { ArtifactWatch } from './artifact-watch.js';
import type { Wanted } from './wanted-artifacts.js';

const payload = z.object({ repository: z.string().min(1) });

/** `cmd.git-watcher.look-at-artifacts` and `artifacts`: what applications name is looked at now, and what it led to last. */
@Controller()
export class LookHandler {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(ArtifactWatch) private readonly watch: ArtifactWatch,
  ) {}

  @AnswersCommand('artifacts')
  async list(): Promise<CommandAnswer<{ items: readonly unknown[] }>> {
    const items = await Promise.all(this.watch.all().map((one) => this.#shown(one)));
    return { position: { sequence: await this.log.lastSequence(), index: 0 }, result: { items } };
  }

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

  async #shown({ repository, artifact }: Wanted) {
    const { state } = await this.aggregates.load(artifactsAggregate, subjects.artifacts(repository));
    const { resolved, outage } = knownArtifact(state, artifact);
    return {
      repository,
      artifact,
      ...(resolved && { version: resolved.version, digest: resolved.digest }),
      ...(outage && { failure: { class: outage.said.at(-1), since: outage.since } }),
    };
  }
}
