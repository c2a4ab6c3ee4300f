import {
  beginning,
  formatPosition,
  parsePosition,
  type CommandAnswer,
  type Position,
} from '@syncline/kernel';
import { z } from 'zod';

/** `<sequence>.<index>`, opaque to clients. */
export const positionText = z.string().regex(/^\d{1,15}\.\d{1,6}$/, 'must be a position as the API gave it');

/** A position in a query; the beginning of the log where there is none. */
export const positionOf = (text: string | undefined): Position =>
  text === undefined ? beginning : (parsePosition(text) ?? beginning);

/** An answer to a change: where the log stands after it, and what the service had to say. */
export const written = (position: Position, result?: unknown): Record<string, unknown> => ({
  ...(typeof result === 'object' && result !== null && !Array.isArray(result)
    ? (result as Record<string, unknown>)
    : result === undefined || result === null
      ? {}
      : { result }),
  position: formatPosition(position),
});

/** The answer of the service that decided. */
export const answered = ({ position, result }: CommandAnswer): Record<string, unknown> =>
  written(position, result);

/** A page of a list by a numeric cursor. */
export const cursor = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
/** How many items a page holds at most. */
export const limitOf = (usual: number, most: number) =>
  z.coerce.number().int().min(1).max(most).default(usual);
