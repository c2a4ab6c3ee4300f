import { CommandRefused } from '@syncline/kernel';
import { workingTree } from '@syncline/render';
import { findBinary, pins, resolveBinary, ToolchainError } from '@syncline/toolchain';
import type { Command } from 'commander';
import { join, relative, resolve } from 'node:path';

import { exitCodes } from '../shell/exit-codes.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { findRoot } from './find-root.js';
import { validateTree, type Tools } from './validation.js';
import { validationText } from './validation-text.js';

type Options = CommonOptions & { readonly repository?: string; readonly build?: boolean };

const missing = (name: keyof Tools): string =>
  `${name} ${pins[name].version} is not on this machine, and this cannot be rendered without it. ` +
  `Add --build to compile it once (needs Go), or name one with ${pins[name].variable}`;

const findTool = async (
  name: keyof Tools,
  { environment, err }: Surroundings,
  build: boolean,
): Promise<Tools[typeof name]> => {
  try {
    if (build) return (await resolveBinary(name, { environment, progress: err })).path;
    return (await findBinary(name, environment))?.path ?? { missing: missing(name) };
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return { missing: error.message };
  }
};

const findTools = async (surroundings: Surroundings, build: boolean): Promise<Tools> => ({
  kustomize: await findTool('kustomize', surroundings, build),
  helm: await findTool('helm', surroundings, build),
});

const validate = async (surroundings: Surroundings, path: string, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const standingIn = process.cwd();
  const named = await findRoot(resolve(standingIn, path), standingIn);
  const tools = await findTools(surroundings, options.build === true);
  const found = await validateTree(workingTree(named.root), named.path, tools, options.repository);
  if (found.renderings.length + found.elsewhere.length + found.errors.length === 0)
    throw new CommandRefused(
      'nothing-there',
      `${path} holds no Application, kustomization or manifest. syncline init writes a first layout.`,
    );
  const errors = found.errors.map((fault) => ({
    ...fault,
    file: relative(standingIn, join(named.root, fault.file)) || '.',
  }));
  const validation = { ...found, errors };
  session.show({ valid: errors.length === 0, ...validation }, () => validationText(validation));
  if (errors.length > 0) surroundings.setExitCode(exitCodes.refused);
};

/** `syncline validate` */
export const addValidate = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'validate [path]',
    about:
      'Check configuration and rendering of a repository, a folder of it or one file, without a server: every application that is declared there, once without overrides and once for each of them.',
    examples: [
      'syncline validate',
      'syncline validate apps/checkout',
      'syncline validate -o json applications',
    ],
  })
    .option('--repository <name>', 'what the repository is registered as (default: what its files call it)')
    .option('--build', 'compile kustomize and helm where they are not on this machine yet')
    .action((path: string | undefined, options: Options) => validate(surroundings, path ?? '.', options));
};
