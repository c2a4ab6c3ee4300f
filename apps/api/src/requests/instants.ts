import { z } from 'zod';

import { Problem } from '../problems/problem.js';

/** How far the clock of whoever asks may be ahead of this one. */
const toleranceMs = 60_000;

/** An instant as RFC 3339 writes it, of the years that the views know. */
export const instant = z
  .string()
  .max(64)
  .refine(
    (text) => z.iso.datetime({ offset: true }).safeParse(text).success && !text.startsWith('0000'),
    'must be an instant as RFC 3339 writes it, such as 2026-05-04T14:31:00Z',
  )
  .describe('An instant (RFC 3339): answers as of then, by what had happened by then.');

/** An instant in UTC. Refuses what has not come yet. */
export const pastInstant = (at: string): string => {
  const ms = Date.parse(at);
  if (!(ms <= Date.now() + toleranceMs))
    throw new Problem(
      422,
      'instant-ahead',
      `${at} has not come yet. What is so now is told where no instant is given.`,
    );
  return new Date(ms).toISOString();
};

/** `at` of a query, as {@link pastInstant}; undefined where now is asked about. */
export const pastOf = (at: string | undefined): string | undefined =>
  at === undefined ? undefined : pastInstant(at);
