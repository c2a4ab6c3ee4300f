import { restoreAggregate, restoredName, type MemberProgress, type RestoreState } from '@syncline/domain';
import type { RestoredTarget, RestoreEvent } from '@syncline/events';
import { Reaction } from '@syncline/event-store';
import { Aggregates, isCommandRefused, type StoredEvent } from '@syncline/kernel';
import { Controller, Inject } from '@nestjs/common';
import pLimit from 'p-limit';

import { reactingTo } from '../cause.js';
import { Replays } from '../replays/replays.js';
import { RestoreProgress } from './restore-progress.js';

type Opened = Extract<RestoreEvent, { type: 'RestoreStepOpened' }>;
type Known = Exclude<RestoreState, { status: 'absent' }>;

const concurrently = 16;

/** Each step of a restore that is opened becomes replays of its targets. */
@Controller()
export class RestoresReaction {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(Replays) private readonly replays: Replays,
    @Inject(RestoreProgress) private readonly progress: RestoreProgress,
  ) {}

  @Reaction({ name: 'restores', subjects: ['ev.restore.>'], types: ['RestoreStepOpened'] })
  async stepOpened(event: StoredEvent<Opened>): Promise<void> {
    const { restore, step } = event.data;
    const { state } = await this.aggregates.load(restoreAggregate, event.subject, event.position);
    if (state.status === 'absent' || state.status === 'completed' || state.step !== step) return;
    const limit = pLimit(concurrently);
    const refused: Record<string, MemberProgress> = {};
    const begin = async (target: RestoredTarget): Promise<void> => {
      const reason = await this.#begin(event, target, state);
      if (reason !== undefined) refused[restoredName(target)] = { status: 'failed', reason };
    };
    await Promise.all((state.steps[step]?.targets ?? []).map((one) => limit(begin, one)));
    // Where every target was so already, nothing more will happen on any of them.
    await this.progress.observe(restore, reactingTo(event), refused);
  }

  /** Asks for one target; gives why that is refused. */
  async #begin(
    event: StoredEvent<Opened>,
    target: RestoredTarget,
    { by, reason }: Known,
  ): Promise<string | undefined> {
    if (await this.progress.isAlready(target)) return undefined;
    const who = { by, ...(reason !== undefined && { reason }) };
    try {
      await this.replays.replay({ ...target, ...who, since: event.occurredAt }, reactingTo(event));
      return undefined;
    } catch (error) {
      if (isCommandRefused(error)) return error.message;
      throw error;
    }
  }
}
