import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { digest, instant, oid } from '../shapes.js';

/** A target, and the deployment that is to run there again; `drafted` is the sequence at which that was planned. */
const restoredTarget = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  plan: digest,
  revision: oid,
  drafted: z.int().positive(),
});

const restore = z.string();

export const restoreEvents = [
  defineEvent(
    'RestoreRequested',
    1,
    'A person wants a set of targets to run again what they ran at an instant. Steps follow each other; the targets of one go at once.',
    z.object({
      restore,
      asOf: instant,
      steps: z.array(z.object({ name: z.string(), targets: z.array(restoredTarget) })),
      by: z.string(),
      reason: z.string().max(500).optional(),
    }),
  ),
  defineEvent(
    'RestoreStepOpened',
    1,
    'The targets of a step are asked to run what they ran.',
    z.object({ restore, step: z.int().nonnegative(), name: z.string() }),
  ),
  defineEvent(
    'RestoreHalted',
    1,
    'A target of the open step cannot become what it was; no further step is opened until it is.',
    z.object({ restore, step: z.int().nonnegative(), target: z.string(), reason: z.string() }),
  ),
  defineEvent('RestoreCompleted', 1, 'Every target runs what it ran, and is healthy.', z.object({ restore })),
] as const;

export type RestoreEvent = EventOf<typeof restoreEvents>;
export type RestoredTarget = z.infer<typeof restoredTarget>;
