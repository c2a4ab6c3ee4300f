import type { Session } from '../shell/session.js';
import { commandFor } from './command-text.js';
import { tell } from './detached.js';
import { tellEvents } from './event-feed.js';
import { runUp, type Up, type UpOptions } from './run-up.js';
import { sayWithSeconds, type Say } from './say.js';
import { summaryText } from './summary.js';

type Start = Pick<UpOptions, 'root' | 'wanted'>;

const summarise = (session: Session, up: Up, detached: boolean): string => {
  const { now, colour } = session.surroundings;
  const { outcome, api, cloneUrl, clusters } = up;
  const tokenFile = session.places.token;
  const command = commandFor(session.places.state);
  const summary = { outcome, apiUrl: api.address.url, tokenFile, detached, command };
  const made = { ...(cloneUrl !== undefined && { cloneUrl }), ...(clusters && { clusters }) };
  return summaryText({ ...summary, ...made }, { now: now(), colour });
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });

const start = (session: Session, { root, wanted }: Start, say: Say, signal: AbortSignal): Promise<Up> =>
  runUp({
    root,
    places: session.places,
    surroundings: session.surroundings.environment,
    wanted,
    say,
    signal,
  });

/** Starts everything, tells what happens, and stops it all on Ctrl-C. */
export const runInForeground = async (session: Session, wanted: Start): Promise<void> => {
  const { out, signal } = session.surroundings;
  const up = await start(session, wanted, sayWithSeconds(out), signal);
  out(summarise(session, up, false));
  await tellEvents(up.api, up.outcome.fleet.position, out, signal);
  await untilAborted(signal);
  out('Stopping.');
  await up.stop();
  out('Everything is stopped. Its state is kept: the next start goes on from it.');
};

/** Starts everything for a process that waits for it, and stays when that one has gone. */
export const superviseInBackground = async (session: Session, wanted: Start): Promise<void> => {
  const { out, err } = session.surroundings;
  const starter = new AbortController();
  const isLeft = (): void => starter.abort();
  process.once('disconnect', isLeft);
  const signal = AbortSignal.any([session.surroundings.signal, starter.signal]);
  const say = sayWithSeconds((text) => {
    out(text);
    tell({ kind: 'line', text });
  });
  try {
    const up = await start(session, wanted, say, signal);
    process.removeListener('disconnect', isLeft);
    const code = up.outcome.verdict === 'healthy' ? 0 : 1;
    tell({ kind: 'done', text: summarise(session, up, true), code });
    await untilAborted(session.surroundings.signal);
    await up.stop();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    err(text);
    tell({ kind: 'refused', text });
    throw error;
  }
};
