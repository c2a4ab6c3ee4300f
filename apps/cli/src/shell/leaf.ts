import { InvalidArgumentError, Option, type Command } from 'commander';
import { resolve } from 'node:path';

import { formats } from './formats.js';

/** What `--help` says of a command: its words, and examples of its use. */
export type Leaf = { readonly usage: string; readonly about: string; readonly examples: readonly string[] };

/** Adds a command with the options that all have. */
export const addLeaf = (parent: Command, { usage, about, examples }: Leaf): Command =>
  parent
    .command(usage)
    .description(about)
    .addOption(
      new Option('-o, --output <format>', 'how to print the answer').choices(formats).default('table'),
    )
    .option(
      '--state <dir>',
      'the state directory of the installation (default: .syncline in the checkout)',
      (dir: string) => resolve(dir),
    )
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);

/** Reads `name=value`, one or more times. */
export const collectLabels = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give a label as name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** Reads an option that may be given more than once. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
