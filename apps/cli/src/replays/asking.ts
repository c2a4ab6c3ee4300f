import { CommandRefused } from '@syncline/kernel';

import type { Surroundings } from '../shell/surroundings.js';

/**
 * Shows what is to be done and asks for a yes. With `yes` nothing is asked. Throws CommandRefused for any other answer, and where
 * there is nobody to answer.
 */
export const askFirst = async (
  surroundings: Surroundings,
  what: string,
  { yes = false }: { readonly yes?: boolean | undefined },
): Promise<void> => {
  if (yes) return;
  surroundings.err(what);
  if (!surroundings.ask)
    throw new CommandRefused('not-confirmed', 'Nothing was changed. Give --yes to have it done.');
  const answer = (await surroundings.ask('Do it? [y/N] ')).trim().toLowerCase();
  if (answer === 'yes' || answer === 'y') return;
  throw new CommandRefused('not-confirmed', 'Nothing was changed.');
};
