import { Option, type Command } from 'commander';
import { readFile } from 'node:fs/promises';

import { addLeaf, collect, collectLabels } from '../shell/leaf.js';
import { openSession, root, type CommonOptions, type Session } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { findSupervisor } from './claim.js';
import { startDetached } from './detached.js';
import { stopInstallation } from './down.js';
import { openState } from './state-layout.js';
import { wantedOf, type FleetOptions } from './wanted.js';

type UpOptions = CommonOptions & FleetOptions & { readonly detach?: boolean; readonly supervise?: boolean };

/** Says where it runs, if it does. */
const sayAlreadyRunning = async ({ places, surroundings }: Session): Promise<boolean> => {
  const supervisor = await findSupervisor(places);
  if (!supervisor) return false;
  const url = await readFile(places.url, 'utf8').catch(() => undefined);
  const where = url === undefined ? 'It is still starting.' : `Its API is ${url}.`;
  surroundings.out(
    `Syncline is already running in ${places.state} (process ${supervisor.pid}). ${where} ./syncline status shows the fleet, ./syncline down stops it.`,
  );
  return true;
};

const detach = async (session: Session, args: readonly string[]): Promise<void> => {
  await openState(session.places);
  const { out, signal } = session.surroundings;
  const logFile = session.places.log('supervisor');
  const inBackground = args.filter((arg) => arg !== '--detach' && arg !== '-d');
  session.surroundings.setExitCode(
    await startDetached([...inBackground, '--supervise'], logFile, out, signal),
  );
};

const up = async (surroundings: Surroundings, options: UpOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const wanted = { root, wanted: wantedOf(options) };
  // Loaded where it is needed: every other command starts faster without it.
  const { runInForeground, superviseInBackground } = await import('./foreground.js');
  if (options.supervise === true) return superviseInBackground(session, wanted);
  if (await sayAlreadyRunning(session)) return;
  if (options.detach === true) return detach(session, process.argv.slice(1));
  return runInForeground(session, wanted);
};

/** `syncline up` and `syncline down` */
export const addUpAndDown = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'up',
    about: 'Start everything on this machine: the log, the views, the services, and a fleet to deploy to.',
    examples: [
      'syncline up',
      'syncline up --detach',
      'syncline up --repo https://github.com/example/fleet.git --path applications',
      'syncline up --kubeconfig ~/.kube/config --context kind-a --context kind-b --label env=dev',
    ],
  })
    .option('-d, --detach', 'come back once the fleet is healthy, and leave it running')
    .option('--repo <url>', 'deploy this repository instead of the example')
    .option('--path <path>', 'where its configuration lies; may be given again', collect)
    .option('--ref <ref>', 'its branch, tags/NAME, or commit', 'main')
    .option('--kubeconfig <file>', 'deploy to clusters of yours instead of local ones')
    .option('--context <name>', 'a context of the kubeconfig; may be given again', collect)
    .option('--label <name=value>', 'a label of these clusters; may be given again', collectLabels)
    .addOption(new Option('--supervise').hideHelp())
    .action((options: UpOptions) => up(surroundings, options));

  addLeaf(program, {
    usage: 'down',
    about: 'Stop what syncline up started, and nothing else. State is kept.',
    examples: ['syncline down', 'syncline down --state /var/lib/syncline'],
  }).action(async (options: CommonOptions) => {
    const { places } = openSession(surroundings, options);
    const ran = await stopInstallation(places);
    surroundings.out(ran ? `Stopped. State is kept in ${places.state}.` : `Nothing runs in ${places.state}.`);
  });
};
