import type { ApiClient } from './api-client.js';
import { followEvents, type StreamFilter } from './event-stream.js';

/** Tells that something has happened, without what. */
export type News = {
  /** Resolves when something has happened since the last call, after `everyMs` at the latest, or when it is over. */
  readonly next: () => Promise<void>;
};

type Bell = { readonly rung: Promise<unknown>; readonly ring: () => void };

const newBell = (): Bell => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { rung: promise, ring: () => resolve(undefined) };
};

/** The views follow the log by a moment. */
const viewMs = 50;

/** Listens to the log until the signal aborts. An API that is away for a while is news when it is back. */
export const listenForNews = (
  api: ApiClient,
  filter: StreamFilter,
  signal: AbortSignal,
  everyMs: number,
): News => {
  let bell = newBell();
  const ring = (): void => bell.ring();
  const follow = async (): Promise<void> => {
    for await (const event of followEvents(api, filter, signal, ring)) if (event.id !== '') ring();
  };
  follow().catch(() => undefined);
  signal.addEventListener('abort', ring);
  return {
    next: async () => {
      const timer = setTimeout(ring, everyMs);
      await bell.rung;
      clearTimeout(timer);
      if (!signal.aborted) bell = newBell();
      await new Promise((resolve) => setTimeout(resolve, viewMs));
    },
  };
};
