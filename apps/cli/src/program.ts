import { Command } from 'commander';

import { addApp } from './application/app.command.js';
import { addCluster } from './cluster/cluster.command.js';
import { addLog } from './log/log.command.js';
import { addApproveAndReject } from './plan/approve.command.js';
import { addPlanAndDiff } from './plan/plan.command.js';
import { addRetry } from './plan/retry.command.js';
import { addRepo } from './repo/repo.command.js';
import { addStatus } from './status/status.command.js';
import type { Surroundings } from './shell/surroundings.js';
import { addHistory } from './story/history.command.js';
import { addToken } from './token/token.command.js';
import { addUpAndDown } from './up/up.command.js';
import { addWait } from './wait/wait.command.js';

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
  const commands = [
    addUpAndDown, addStatus, addRepo, addCluster, addApp, addPlanAndDiff, addApproveAndReject, addRetry, addHistory, addWait,
    addLog, addToken,
  ]; // prettier-ignore
  for (const add of commands) add(program, surroundings);
  return program;
};
