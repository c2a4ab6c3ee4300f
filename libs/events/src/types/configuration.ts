import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { blobRef, oid } from '../shapes.js';

/** One thing wrong with a file; `line` counts from 1. */
export const configurationError = z.object({
  file: z.string(),
  line: z.int().positive(),
  reason: z.string(),
});

export const configurationEvents = [
  defineEvent(
    'ConfigurationAccepted',
    1,
    'What a revision declares is valid and in force; the blob lists its applications and which it affects.',
    z.object({
      repository: z.string(),
      revision: oid,
      configuration: blobRef,
      applications: z.int().nonnegative(),
      affected: z.int().nonnegative(),
    }),
  ),
  defineEvent(
    'ConfigurationRejected',
    1,
    'What a revision declares is invalid; the last valid configuration stays in force. At most 20 errors are listed.',
    z.object({
      repository: z.string(),
      revision: oid,
      errors: z.array(configurationError).max(20),
      errorCount: z.int().positive(),
    }),
  ),
] as const;

export type ConfigurationEvent = EventOf<typeof configurationEvents>;
export type ConfigurationError = z.infer<typeof configurationError>;
