import { InvalidArgumentError, Option, type Command } from 'commander';
import { resolve } from 'node:path';

import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { firstLayout, styles, type Style } from './layout.js';
import { writeLayout, type Written } from './write-layout.js';

type Options = CommonOptions & { readonly app: string; readonly style: Style };

const readName = (text: string): string => {
  // RFC 1123 label: it names a namespace as well.
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('Give lower-case letters, digits and hyphens, at most 63.');
};

const nextSteps = (dir: string): readonly string[] => [
  ...(resolve(dir) === process.cwd() ? [] : [`cd ${dir}`]),
  'syncline validate',
  'git init -b main && git add --all && git commit -m "First layout"',
  'syncline up --repo "$PWD" --path applications',
  'or: git remote add origin URL && git push -u origin main, then syncline repo add NAME URL --path applications',
];

const initText = (dir: string, { written }: Written): string => {
  const said =
    written.length === 0
      ? [`Everything is there already in ${dir}. Nothing was changed.`]
      : [`Written in ${dir}:`, ...written.map((path) => `  ${path}`)];
  return [...said, '', 'Next:', ...nextSteps(dir).map((step) => `  ${step}`)].join('\n');
};

const init = async (surroundings: Surroundings, dir: string, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const done = await writeLayout(resolve(dir), firstLayout(options.app, options.style));
  session.show({ dir: resolve(dir), ...done, next: nextSteps(dir) }, () => initText(dir, done));
};

/** `syncline init` */
export const addInit = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'init [dir]',
    about:
      'Write a first repository layout with one application. Files that are there and differ are never overwritten.',
    examples: ['syncline init', 'syncline init fleet --app checkout --style kustomize'],
  })
    .addOption(new Option('--app <name>', 'the application').default('hello').argParser(readName))
    .addOption(
      new Option('--style <style>', 'plain YAML, or a Kustomize base with an overlay')
        .choices(styles)
        .default('plain'),
    )
    .action((dir: string | undefined, options: Options) => init(surroundings, dir ?? '.', options));
};
