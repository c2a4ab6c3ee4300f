import { CommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import type { CommandHandler } from './jetstream-strategy.js';
import type { RunningReaction } from './running-reaction.js';

const payload = z.object({ reaction: z.string(), subject: z.string() });

/** `cmd.<service>.resume`: goes on with a parked subject. */
export const resumeCommand =
  (running: () => readonly RunningReaction[]): CommandHandler =>
  async (request) => {
    const { reaction, subject } = payload.parse(request.payload);
    const found = running().filter((one) => one.name === reaction);
    if (found.length === 0)
      throw new CommandRefused('no-such-reaction', `There is no reaction ${reaction} here.`);
    let refusal: unknown;
    for (const one of found) {
      try {
        return { position: await one.resume(subject, request.context.actor), result: {} };
      } catch (error) {
        refusal = error;
      }
    }
    throw refusal;
  };
