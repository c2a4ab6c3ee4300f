import { setTimeout as delay } from 'node:timers/promises';

import type { Say } from './say.js';

const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
/** What ran for so long does not fail at its start: a kill or a fault now and then must not make the next one last longer. */
const steadyMs = 10_000;

/** Something that runs until it ends by itself or is stopped: a process, or a cluster of them. */
export type Run = {
  readonly pids: () => readonly number[];
  /** Resolves with a sentence when it, or a part of it, has ended. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
};

/** A run that is started again whenever it ends, until it is stopped. */
export type Supervised = {
  readonly name: string;
  readonly pids: () => readonly number[];
  readonly stop: () => Promise<void>;
};

/** How long to wait before the next start, by how long it ran and how long was waited before that. */
export const pauseAfter = (ranMs: number, last: number | undefined, shortest: number): number =>
  ranMs > steadyMs ? shortest : Math.min(Math.max((last ?? 0) * 2, shortest), longestDelayMs);

const againIn = (pause: number, isLonger: boolean): string => {
  const when = `started again in ${Math.max(1, Math.round(pause / 1000))} s`;
  return isLonger ? `It keeps ending soon after its start, and is ${when}` : `It is ${when}`;
};

type Options = {
  readonly name: string;
  readonly start: () => Promise<Run>;
  readonly say: Say;
  /** Called after each start, so that whoever lists the processes can list them anew. */
  readonly onStarted?: () => Promise<void>;
  readonly firstDelayMs?: number;
};

/**
 * Starts something and keeps it running: what ends is said and started again after a pause that doubles up to half a
 * minute, and is short again where it ran for a while, however it ended. Throws what the first start throws.
 */
export const supervise = async (options: Options): Promise<Supervised> => {
  const { name, start, say, firstDelayMs: shortest = firstDelayMs } = options;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let run = await start();
  await options.onStarted?.();

  const startAgain = async (): Promise<void> => {
    for (let pause: number | undefined; !isStopping();) {
      const began = performance.now();
      const why = await run.ended;
      if (isStopping()) return;
      pause = pauseAfter(performance.now() - began, pause, shortest);
      say(`${why}. ${againIn(pause, pause > shortest)}`);
      await run.stop();
      run = await restart(pause);
      await options.onStarted?.();
    }
  };

  const restart = async (pause: number): Promise<Run> => {
    await delay(pause, undefined, { signal: stopping.signal });
    try {
      const next = await start();
      if (isStopping()) await next.stop();
      else say(`${name} runs again`);
      return next;
    } catch (error) {
      if (isStopping()) throw error;
      const why = `${name} did not start: ${error instanceof Error ? error.message : String(error)}`;
      return { pids: () => [], ended: Promise.resolve(why), stop: () => Promise.resolve() };
    }
  };

  const watching = startAgain().catch((error: unknown) => {
    if (!isStopping()) throw error;
  });
  return {
    name,
    pids: () => run.pids(),
    stop: async () => {
      stopping.abort();
      await run.stop();
      await watching;
    },
  };
};
