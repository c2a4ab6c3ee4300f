import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import { Aggregates, CommandRefused, type CommandAnswer } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

import { ArtifactWatch } from '../artifacts/artifact-watch.js';
import { loadRegistered } from '../registration/registered.js';
import { PollSchedule, type Polled } from './poll-schedule.js';

/** Whoever asks is answered by then, whether or not the poll is done. */
const patienceMs = 10_000;

/** What a look at a repository came to; `pending` where it takes longer than one waits. */
export type Refreshed = {
  readonly repository: string;
  readonly outcome: 'unchanged' | 'detected' | 'refused' | 'failed' | 'pending';
};

const payload = z.object({ repository: z.string().min(1) });

/** `cmd.git-watcher.refresh`: something may have changed; the next poll is now. */
@Controller()
export class RefreshHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(PollSchedule) private readonly schedule: PollSchedule,
    @Inject(ArtifactWatch) private readonly artifacts: ArtifactWatch,
  ) {}

  @AnswersCommand('refresh')
  async refresh(request: CommandRequest): Promise<CommandAnswer<Refreshed>> {
    const parsed = payload.safeParse(request.payload);
    if (!parsed.success)
      throw new CommandRefused('invalid-command', 'refresh takes the name of a repository.');
    const { repository } = parsed.data;
    await loadRegistered(this.aggregates, repository);
    void this.artifacts.hasten(repository);
    const outcome = outcomeOf(await withinPatience(this.schedule.hasten(repository)));
    const { sequence } = await loadRegistered(this.aggregates, repository);
    return { position: { sequence, index: 0 }, result: { repository, outcome } };
  }
}

const withinPatience = async (polling: Promise<Polled | undefined>): Promise<Polled | undefined> => {
  const waiting = new AbortController();
  const tooLong = delay(patienceMs, undefined, { signal: waiting.signal, ref: false }).catch(() => undefined);
  return Promise.race([polling, tooLong]).finally(() => waiting.abort());
};

/** A poll that something overtook is repeated at once. */
const outcomeOf = (polled: Polled | undefined): Refreshed['outcome'] => {
  const outcome = polled?.outcome;
  return outcome === undefined || outcome === 'outdated' || outcome === 'unregistered' ? 'pending' : outcome;
};
