import type { Command } from 'commander';

import { readInstant } from './instants.js';
import type { Surroundings } from './surroundings.js';

/** Asks about an instant of the past, where it is given. */
export type AsOf = { readonly at?: string };

/** Adds `--at` to a command that reads. */
export const addAt = (command: Command, about = 'as of then'): Command =>
  command.option('--at <instant>', `${about}: 2026-05-04T14:31:00Z, "14:31", "2h ago"`);

/** A path of the API that is asked about the instant of the options, where there is one. */
export const pathAt = (path: string, { at }: AsOf, { now }: Pick<Surroundings, 'now'>): string => {
  if (at === undefined) return path;
  const query = new URLSearchParams({ at: readInstant(at, now()) });
  return `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
};
