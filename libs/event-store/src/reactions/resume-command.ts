import { CommandRefused, type CommandAnswer } from '@syncline/kernel';
import { z } from 'zod';

import type { CommandHandler } from './jetstream-strategy.js';
import type { RunningReaction } from './running-reaction.js';

const payload = z.object({ reaction: z.string(), subject: z.string() });

/** `cmd.<service>.resume` with `{ reaction, subject }`: goes on with a parked subject. */
export const resumeCommand =
  (running: () => readonly RunningReaction[]): CommandHandler =>
  async (request): Promise<CommandAnswer> => {
    const parsed = payload.safeParse(request.payload);
    if (!parsed.success)
      throw new CommandRefused('invalid-command', 'resume takes a reaction and a subject, both text.');
    const { reaction, subject } = parsed.data;
    const found = running().find((one) => one.name === reaction);
    if (!found) throw new CommandRefused('no-such-reaction', `There is no reaction ${reaction} here.`);
    return { position: await found.resume(subject, request.context.actor), result: {} };
  };
