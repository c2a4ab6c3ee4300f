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

/** Tells events as they happen until the signal aborts. */
export const tellEvents = async (
  api: ApiClient,
  after: string,
  say: Say,
  signal: AbortSignal,
): Promise<void> => {
  for await (const event of followEvents(api, { after }, signal)) {
    if (!quiet.has(event.type)) say(eventLine(event));
  }
};
