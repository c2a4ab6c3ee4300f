import { Option, type Command } from 'commander';

import { addLeaf, collect, collectLabels } from '../shell/leaf.js';
import type { CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { clusterChoices } from './cluster-choice.js';
import type { UpOptions } from './up-and-down.js';

/** Loaded where it is needed: every other command starts faster without it. */
const load = () => import('./up-and-down.js');

/** `syncline up` and `syncline down` */
export const addUpAndDown = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'up',
    about: 'Start everything on this machine: the log, the views, the services, and a fleet to deploy to.',
    examples: [
      'syncline up',
      'syncline up --detach',
      'syncline up --clusters sandbox',
      'syncline up --repo https://github.com/example/fleet.git --path applications',
      'syncline up --kubeconfig ~/.kube/config --context kind-a --context kind-b --label env=dev',
    ],
  })
    .option('-d, --detach', 'come back once the fleet is healthy, and leave it running')
    .option('--repo <url>', 'deploy this repository instead of the example')
    .option('--path <path>', 'where its configuration lies; may be given again', collect)
    .option('--ref <ref>', 'its branch, tags/NAME, or commit', 'main')
    .addOption(
      new Option(
        '--clusters <kind>',
        'local clusters: real API servers, the sandbox that simulates them, or auto: real ones where nothing has to be compiled for them',
      ).choices(clusterChoices),
    )
    .option('--kubeconfig <file>', 'deploy to clusters of yours instead of local ones')
    .option('--context <name>', 'a context of the kubeconfig; may be given again', collect)
    .option('--label <name=value>', 'a label of these clusters; may be given again', collectLabels)
    .addOption(new Option('--supervise').hideHelp())
    .action(async (options: UpOptions) => (await load()).up(surroundings, options));

  addLeaf(program, {
    usage: 'down',
    about: 'Stop what syncline up started, and nothing else. State is kept.',
    examples: ['syncline down', 'syncline down --state /var/lib/syncline'],
  }).action(async (options: CommonOptions) => (await load()).down(surroundings, options));
};
