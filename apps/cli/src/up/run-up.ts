import { CommandRefused } from '@syncline/kernel';
import { rm } from 'node:fs/promises';

import { claimInstallation, endLeftovers, releaseInstallation } from './claim.js';
import { waitForFleet, type FleetOutcome } from './fleet-health.js';
import { beginInstallation, type Installation } from './installation.js';
import { makeKeys } from './keys.js';
import type { LocalClusters } from './cluster-choice.js';
import { chooseLocalClusters } from './local-clusters.js';
import type { Places } from './places.js';
import { choosePorts } from './ports.js';
import type { Say } from './say.js';
import { startEverything, type Decided, type Started, type Wanted } from './start-everything.js';
import { openState } from './state-layout.js';
import { tellWaits, type Waits } from './waits.js';

const healthyMs = 15 * 60_000;

export type UpOptions = {
  readonly root: string;
  readonly places: Places;
  readonly surroundings: NodeJS.ProcessEnv;
  readonly wanted: Wanted;
  readonly say: Say;
  readonly signal: AbortSignal;
};

/** A started fleet: where it is, how it is, and how to end it. */
export type Up = Started & {
  readonly outcome: FleetOutcome;
  /** What the clusters are, where they were made here. */
  readonly clusters?: LocalClusters;
  readonly stop: () => Promise<void>;
};

/** Thrown where the installation runs already. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
}

const claim = async (places: Places): Promise<void> => {
  await openState(places);
  const other = await claimInstallation(places);
  if (other)
    throw new AlreadyRunning(`Syncline is already running in ${places.state} (process ${other.pid}).`);
};

/** Decides before anything is started or compiled, and says what. */
const decide = async ({ places, wanted, surroundings, say }: UpOptions): Promise<Decided> => {
  const { source, clusters } = wanted;
  if (typeof clusters !== 'string') return { source, clusters };
  const { kind, line } = await chooseLocalClusters(places, clusters, surroundings);
  say(line);
  return { source, clusters: kind };
};

const begin = async (options: UpOptions, waits: Waits): Promise<Installation> => {
  const { root, places, surroundings, say } = options;
  await waits.during('the end of what an earlier start left running', endLeftovers(places));
  await rm(places.url, { force: true });
  await makeKeys(places);
  const ports = await choosePorts(places.ports, say);
  return beginInstallation({ root, places, ports, surroundings, say, waits });
};

/**
 * Starts an installation as this process's own, and waits until its fleet is healthy or at rest. Where that fails or
 * the signal aborts, everything that was started is stopped first.
 */
export const runUp = async (options: UpOptions): Promise<Up> => {
  const { places, say, signal } = options;
  const waits = tellWaits(say);
  await waits.during('the end of what an earlier start left running', claim(places));
  let installation: Installation | undefined;
  const stop = async (): Promise<void> => {
    await installation?.stop();
    await releaseInstallation(places);
  };
  const start = async (): Promise<Up> => {
    const decided = await decide(options);
    installation = await begin(options, waits);
    const started = await startEverything(installation, decided);
    const waiting = { ...started, signal, tell: say, timeoutMs: healthyMs };
    const clusters = typeof decided.clusters === 'string' && { clusters: decided.clusters };
    return { ...started, ...clusters, outcome: await waitForFleet(waiting), stop };
  };
  try {
    return await Promise.race([start(), rejectOnAbort(signal)]);
  } catch (error) {
    await stop();
    throw error;
  }
};

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stopped = (): void =>
      reject(new CommandRefused('stopped', 'The start was stopped before it was done.'));
    if (signal.aborted) stopped();
    signal.addEventListener('abort', stopped);
  });
