import { isCommandRefused } from '@syncline/kernel';

import type { ApiClient } from '../client/api-client.js';
import { listenForNews } from '../client/news.js';
import {
  judgeFleet,
  progressText,
  waitingText,
  readProgress,
  type FleetProgress,
  type FleetVerdict,
} from './fleet-progress.js';

const recheckMs = 2_000;
const settledMs = 5_000;
/** What has not changed for so long is said again, with what is waited for. */
const tellAgainMs = 10_000;

/** How waiting for a fleet ended. */
export type FleetOutcome = FleetProgress & { readonly verdict: FleetVerdict };

type Waiting = {
  readonly api: ApiClient;
  readonly repository: string;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  readonly timeoutMs: number;
  /** What some of the fleet waits for; until then nothing that rests has come to rest. */
  readonly later?: Promise<void>;
};

/** The API is a part like any other: it is started again where it ends, and waited for. */
const unanswered = (error: unknown): FleetProgress => {
  if (!isCommandRefused(error)) throw error;
  return { fleet: { targets: [], position: '0.0' }, expected: 0, pending: error.message };
};

const watchUntilSettled = async (waiting: Waiting, next: () => Promise<void>): Promise<FleetOutcome> => {
  const { api, repository, tell, timeoutMs, signal } = waiting;
  const deadline = performance.now() + timeoutMs;
  let told = { line: '', at: 0 };
  let restingSince: number | undefined;
  let isComplete = waiting.later === undefined;
  void waiting.later?.then(() => (isComplete = true));
  for (;;) {
    const progress = await readProgress(api, repository).catch(unanswered);
    const verdict = judgeFleet(progress);
    const line = progressText(progress);
    if (line !== told.line) tell(line);
    else if (performance.now() - told.at > tellAgainMs) tell(`${line}${waitingText(progress)}`);
    if (line !== told.line || performance.now() - told.at > tellAgainMs)
      told = { line, at: performance.now() };
    restingSince = verdict === 'at-rest' && isComplete ? (restingSince ?? performance.now()) : undefined;
    const hasSettled = restingSince !== undefined && performance.now() - restingSince > settledMs;
    if (verdict === 'healthy' || hasSettled || performance.now() > deadline) return { ...progress, verdict };
    await next();
    signal.throwIfAborted();
  }
};

/**
 * Waits until every target is in sync and healthy, looking again whenever something happens. Ends with `at-rest` where
 * nothing has moved for five seconds and somebody is needed, with `moving` at the time-out.
 */
export const waitForFleet = async (waiting: Waiting): Promise<FleetOutcome> => {
  const ending = new AbortController();
  const signal = AbortSignal.any([waiting.signal, ending.signal]);
  const news = listenForNews(waiting.api, {}, signal, recheckMs);
  try {
    return await watchUntilSettled(waiting, news.next);
  } finally {
    ending.abort();
  }
};
