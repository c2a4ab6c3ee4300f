import { CommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { root } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { programOf } from '../up/joined-programs.js';
import { inheritedBy } from '../up/service-environment.js';
import { extractContext } from './kubeconfig-context.js';

type Options = { readonly kubeconfig: string; readonly context?: string; readonly listen: string };

const preload = fileURLToPath(new URL('../up/service-preload.js', import.meta.url));

const environmentOf = async (
  { environment }: Surroundings,
  { kubeconfig, context, listen }: Options,
): Promise<Record<string, string>> => {
  const { SYNCLINE_JOIN } = environment;
  if (SYNCLINE_JOIN === undefined)
    throw new CommandRefused(
      'usage',
      'SYNCLINE_JOIN is not set. syncline cluster add NAME --agent, where the hub runs, prints the whole command.',
    );
  return {
    ...inheritedBy('applier', environment),
    ...{ NODE_ENV: 'production', SYNCLINE_JOIN, SYNCLINE_LISTEN: listen },
    SYNCLINE_KUBECONFIG: await extractContext(kubeconfig, context),
  };
};

/** Runs the agent in the foreground: this process becomes nothing but its parent. */
const run = async (surroundings: Surroundings, options: Options): Promise<void> => {
  const env = await environmentOf(surroundings, options);
  const program = await programOf(root, 'applier');
  const child = spawn(process.execPath, ['--import', preload, program], { env, stdio: 'inherit' });
  const end = (): unknown => child.kill('SIGTERM');
  surroundings.signal.addEventListener('abort', end, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (!surroundings.signal.aborted) surroundings.setExitCode(code ?? 1);
};

/** `syncline agent` */
export const addAgentCommand = (parent: Command, surroundings: Surroundings): void => {
  parent
    .command('agent')
    .description(
      'Run the agent of a cluster, which connects outbound to the log of its hub and serves that cluster alone.',
    )
    .requiredOption('--kubeconfig <file>', 'the kubeconfig to take a context from; it stays on this machine')
    .option('--context <name>', 'the context (the current one by default)')
    .option('--listen <address:port>', 'where it answers for its health and metrics', '127.0.0.1:0')
    .addHelpText(
      'after',
      '\nExamples:\n  $ SYNCLINE_JOIN=eyJ2Ij… syncline agent --kubeconfig ~/.kube/config --context factory',
    )
    .action((options: Options) => run(surroundings, options));
};
