import { CommandRefused } from '@syncline/kernel';
import { rm } from 'node:fs/promises';

import { claimInstallation, endLeftovers, releaseInstallation } from './claim.js';
import { waitForFleet, type FleetOutcome } from './fleet-health.js';
import { beginInstallation, type Installation } from './installation.js';
import { makeKeys } from './keys.js';
import type { Places } from './places.js';
import { choosePorts } from './ports.js';
import type { Say } from './say.js';
import { startEverything, type Started, type Wanted } from './start-everything.js';
import { openState } from './state-layout.js';

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
export type Up = Started & { readonly outcome: FleetOutcome; readonly stop: () => Promise<void> };

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

const begin = async ({ root, places, surroundings, say }: UpOptions): Promise<Installation> => {
  await endLeftovers(places);
  await rm(places.url, { force: true });
  await makeKeys(places);
  return beginInstallation({ root, places, ports: await choosePorts(places.ports, say), surroundings, say });
};

/**
 * Starts an installation as this process's own, and waits until its fleet is healthy or at rest. Where that fails or
 * the signal aborts, everything that was started is stopped first.
 */
export const runUp = async (options: UpOptions): Promise<Up> => {
  const { places, wanted, say, signal } = options;
  await claim(places);
  let installation: Installation | undefined;
  const stop = async (): Promise<void> => {
    await installation?.stop();
    await releaseInstallation(places);
  };
  const start = async (): Promise<Up> => {
    installation = await begin(options);
    const started = await startEverything(installation, wanted);
    const waiting = { ...started, signal, tell: say, timeoutMs: healthyMs };
    return { ...started, outcome: await waitForFleet(waiting), stop };
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
