import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';

const everyMs = 2_000;
const standing = z.looseObject({ position: z.string(), rebuilding: z.string().nullish() });

const sequenceOf = (position: string): number => Number.parseInt(position, 10);

/** How far a rebuild is, in one line, from what the API says of the log meanwhile. */
export const progressLine = ({ position, rebuilding }: z.infer<typeof standing>): string =>
  typeof rebuilding === 'string'
    ? `making the views anew: ${sequenceOf(rebuilding)} of ${sequenceOf(position)} messages`
    : 'comparing the new views with what they were';

/** Says on standard error how far a rebuild is, as long as work goes on; gives what the work comes to. */
export const sayProgress = async <Result>(
  api: ApiClient,
  err: (text: string) => void,
  work: Promise<Result>,
): Promise<Result> => {
  const over = new AbortController();
  const saying = sayUntil(api, err, over.signal);
  try {
    return await work;
  } finally {
    over.abort();
    await saying;
  }
};

const sayUntil = async (api: ApiClient, err: (text: string) => void, over: AbortSignal): Promise<void> => {
  for (let said = ''; ;) {
    await delay(everyMs, undefined, { signal: over }).catch(() => undefined);
    const answer = over.aborted ? undefined : await api.get('/v1/log', standing).catch(() => undefined);
    if (over.aborted) return;
    const line = answer ? progressLine(answer) : said;
    if (line !== said) err(line);
    said = line;
  }
};
