import { isRunning } from '@syncline/toolchain';
import { setTimeout as delay } from 'node:timers/promises';

import { endLeftovers, findSupervisor, releaseInstallation } from './claim.js';
import type { Places } from './places.js';

const politeMs = 60_000;
const pollMs = 50;

/**
 * Stops an installation and nothing else: its supervisor, told by its start time from a stranger with the same number,
 * which stops what it started. Whatever a crash left is ended too. Says whether anything ran; repeating it does nothing.
 */
export const stopInstallation = async (places: Places): Promise<boolean> => {
  const supervisor = await findSupervisor(places);
  if (supervisor) {
    process.kill(supervisor.pid, 'SIGTERM');
    const deadline = performance.now() + politeMs;
    while ((await isRunning(supervisor)) && performance.now() < deadline) await delay(pollMs);
    if (await isRunning(supervisor)) process.kill(supervisor.pid, 'SIGKILL');
  }
  await endLeftovers(places);
  await releaseInstallation(places);
  return supervisor !== undefined;
};
