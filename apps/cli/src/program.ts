import { Command } from 'commander';

import { addStatus } from './status/status.command.js';
import type { Surroundings } from './shell/surroundings.js';
import { addUpAndDown } from './up/up.command.js';

/** The whole command line. */
export const createProgram = (surroundings: Surroundings): Command => {
  const program = new Command('syncline')
    .description('GitOps delivery with a memory, for fleets of Kubernetes clusters.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.out(text.trimEnd()),
      writeErr: (text) => surroundings.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help says what there is)');
  for (const add of [addUpAndDown, addStatus]) add(program, surroundings);
  return program;
};
