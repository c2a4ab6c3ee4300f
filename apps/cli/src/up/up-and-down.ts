import { readFile } from 'node:fs/promises';

import { extractContext } from '../cluster/kubeconfig-context.js';
import { openSession, root, type CommonOptions, type Session } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { findSupervisor } from './claim.js';
import { commandFor } from './command-text.js';
import { startDetached } from './detached.js';
import { stopInstallation } from './down.js';
import { programOf } from './joined-programs.js';
import type { Wanted } from './start-everything.js';
import { openState } from './state-layout.js';
import { tellWaits } from './waits.js';
import { wantedOf, type FleetOptions } from './wanted.js';

/** The options of `syncline up`. */
export type UpOptions = CommonOptions &
  FleetOptions & { readonly detach?: boolean; readonly supervise?: boolean };

/** Says where it runs, if it does. */
const sayAlreadyRunning = async ({ places, surroundings }: Session): Promise<boolean> => {
  const supervisor = await findSupervisor(places);
  if (!supervisor) return false;
  const url = await readFile(places.url, 'utf8').catch(() => undefined);
  const where = url === undefined ? 'It is still starting.' : `Its API is ${url}.`;
  const command = commandFor(places.state);
  surroundings.out(
    `Syncline is already running in ${places.state} (process ${supervisor.pid}). ${where} ${command('status')} shows the fleet, ${command('down')} stops it.`,
  );
  return true;
};

const detach = async (session: Session, args: readonly string[]): Promise<void> => {
  await openState(session.places);
  const { out, signal } = session.surroundings;
  const logFile = session.places.log('supervisor');
  const inBackground = args.filter((arg) => arg !== '--detach' && arg !== '-d');
  session.surroundings.setExitCode(
    await startDetached([await programOf(root, 'cli'), ...inBackground, '--supervise'], logFile, out, signal),
  );
};

/** Finds out before anything is started, rather than after all of it. */
const refuseMissingContexts = async (clusters: Wanted['clusters']): Promise<void> => {
  if (typeof clusters === 'string') return;
  for (const { kubeconfigFile, context } of clusters) await extractContext(kubeconfigFile, context);
};

/** Starts an installation, here or in the background; says so where it runs already. */
export const up = async (surroundings: Surroundings, options: UpOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const wanted = { root, wanted: wantedOf(options) };
  if (options.supervise === true)
    return (await import('./foreground.js')).superviseInBackground(session, wanted);
  if (await sayAlreadyRunning(session)) return;
  await refuseMissingContexts(wanted.wanted.clusters);
  if (options.detach === true) return detach(session, process.argv.slice(2));
  return (await import('./foreground.js')).runInForeground(session, wanted);
};

/** Stops an installation; says whether anything ran. */
export const down = async (surroundings: Surroundings, options: CommonOptions): Promise<void> => {
  const { places } = openSession(surroundings, options);
  const waits = tellWaits(surroundings.out);
  const ran = await waits.during(`the end of what runs in ${places.state}`, stopInstallation(places));
  surroundings.out(ran ? `Stopped. State is kept in ${places.state}.` : `Nothing runs in ${places.state}.`);
};
