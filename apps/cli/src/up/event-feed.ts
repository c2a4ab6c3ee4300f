import { setTimeout as delay } from 'node:timers/promises';

import type { ApiClient } from '../client/api-client.js';
import { followEvents } from '../client/event-stream.js';
import { eventLine } from '../story/event-line.js';
import type { Say } from './say.js';

/** Steps that say nothing new to whoever watches; `syncline log tail` has them. */
const quiet = new Set([
  'PlanRequested',
  'WaveOpened',
  'ObjectsApplied',
  'CapabilitiesObserved',
  'ServiceStarted',
]);

const retryMs = 5_000;

/**
 * Tells events as they happen until the signal aborts. What keeps it from hearing of them is said and tried again: another
 * program may answer at the API's port for a while. Nobody's deployments end because nobody could be told of them.
 */
export const tellEvents = async (
  api: ApiClient,
  after: string,
  say: Say,
  signal: AbortSignal,
  pauseMs = retryMs,
): Promise<void> => {
  let last = after;
  let said = '';
  while (!signal.aborted) {
    try {
      for await (const event of followEvents(api, { after: last }, signal)) {
        [last, said] = [event.position, ''];
        if (!quiet.has(event.type)) say(eventLine(event));
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== said) say(`what happens cannot be told: ${why} It is tried again.`);
      said = why;
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
};
