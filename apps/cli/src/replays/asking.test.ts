import { isCommandRefused } from '@syncline/kernel';
import { describe, expect, it } from 'vitest';

import type { Surroundings } from '../shell/surroundings.js';
import { askFirst } from './asking.js';

const asked = async (answer: string | undefined, yes = false) => {
  const said: string[] = [];
  const surroundings = {
    err: (text: string) => said.push(text),
    ...(answer !== undefined && { ask: () => Promise.resolve(answer) }),
  } as unknown as Surroundings;
  const outcome = await askFirst(surroundings, 'three objects come back', { yes }).then(
    () => 'done',
    (error: unknown) => (isCommandRefused(error) ? error.message : error),
  );
  return { outcome, said };
};

describe('what is asked first', () => {
  it.each(['y', 'yes', ' YES '])('is done after %j, and shown before', async (answer) => {
    expect(await asked(answer)).toEqual({ outcome: 'done', said: ['three objects come back'] });
  });

  it.each(['', 'n', 'yess'])('is not done after %j', async (answer) => {
    expect((await asked(answer)).outcome).toBe('Nothing was changed.');
  });

  it('needs --yes where nobody can answer, and is not asked with it', async () => {
    expect((await asked(undefined)).outcome).toContain('Give --yes');
    expect(await asked(undefined, true)).toEqual({ outcome: 'done', said: [] });
  });
});
