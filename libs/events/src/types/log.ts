import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { digest } from '../shapes.js';

export const logEvents = [
  defineEvent(
    'CheckpointSigned',
    1,
    'The tree over the first `size` messages has this root (RFC 6962). `note` is the checkpoint as it was signed (C2SP tlog-checkpoint).',
    z.object({
      origin: z.string(),
      size: z.int().nonnegative(),
      root: digest,
      key: z.string(),
      note: z.string(),
    }),
  ),
  defineEvent(
    'CheckpointKeyAnnounced',
    1,
    'From here on checkpoints are signed by another key. `note` names it, signed by itself and by `previous`, the key before it.',
    z.object({ origin: z.string(), key: z.string(), previous: z.string().optional(), note: z.string() }),
  ),
] as const;

export type CheckpointEvent = EventOf<typeof logEvents>;
