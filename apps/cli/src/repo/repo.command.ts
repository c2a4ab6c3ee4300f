import { CommandRefused } from '@syncline/kernel';
import { InvalidArgumentError, type Command } from 'commander';

import { listOf, repository, type Repository } from '../client/contract.js';
import { paintWord, tableText } from '../shell/formats.js';
import { addLeaf, collect } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { headline, short } from '../story/words.js';
import { lookAgain, type Looked } from './look-again.js';
import { parseRef, registerRepository, type GitCredential } from './register-repository.js';

type AddOptions = CommonOptions & {
  readonly ref: string;
  readonly path?: readonly string[];
  readonly include?: readonly string[];
  readonly poll: number;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly tokenStdin?: boolean;
};

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError('Give whole seconds.');
};

/** The credential as it was given; what is secret comes from standard input, never from the command line. */
const readCredential = async (
  options: AddOptions,
  readInput: () => Promise<string>,
): Promise<GitCredential | undefined> => {
  const { username, passwordStdin, tokenStdin } = options;
  if (passwordStdin === true && tokenStdin === true) {
    throw new CommandRefused('usage', 'Give --password-stdin or --token-stdin, not both.');
  }
  if (passwordStdin !== true && tokenStdin !== true) {
    if (username === undefined) return undefined;
    throw new CommandRefused('usage', 'Give --password-stdin or --token-stdin with --username.');
  }
  const secret = (await readInput()).trim();
  if (secret === '')
    throw new CommandRefused('usage', 'Nothing came on standard input where the secret was expected.');
  const user = username !== undefined && { username };
  return tokenStdin === true ? { ...user, token: secret } : { ...user, password: secret };
};

const add = async (
  surroundings: Surroundings,
  name: string,
  url: string,
  options: AddOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const credential = await readCredential(options, surroundings.readInput);
  const position = await registerRepository(await session.api(), {
    repository: name,
    url,
    ref: parseRef(options.ref),
    paths: options.path ?? ['.'],
    include: options.include ?? [],
    pollSeconds: options.poll,
    ...(credential && { credential }),
  });
  session.show(
    { repository: name, position },
    () => `Repository ${name} is registered. syncline repo list shows what becomes of it.`,
  );
};

const stateOf = ({ failure, configuration, revision, state }: Repository): string => {
  if (failure) return `${failure.class}: ${failure.reason}`;
  if (configuration && !configuration.accepted) {
    const [first] = configuration.errors ?? [];
    return `configuration of ${short(configuration.revision)} rejected${first ? `: ${first.file}:${first.line} ${first.reason}` : ''}`;
  }
  return typeof revision === 'string' || state !== 'pending' ? '' : 'not read yet';
};

const list = async (surroundings: Surroundings, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const { items } = await (await session.api()).get('/v1/repositories', listOf(repository));
  const rows = items.map((one) => [
    one.repository,
    one.url,
    one.ref.name,
    typeof one.revision === 'string' ? short(one.revision) : '',
    headline(one.message ?? '').slice(0, 40),
    paintWord(one.state, surroundings.colour),
    stateOf(one),
  ]);
  session.show({ repositories: items }, () =>
    items.length === 0
      ? 'No repository is registered. syncline repo add registers one.'
      : tableText(['REPOSITORY', 'URL', 'REF', 'REVISION', 'MESSAGE', 'STATE', ''], rows),
  );
};

const lookedText = (name: string, { outcome, repository: found }: Looked): string => {
  const { revision, message, failure } = found ?? {};
  const at =
    typeof revision === 'string' ? ` at ${short(revision)} ${headline(message ?? '')}`.trimEnd() : '';
  if (outcome === 'failed') return `Repository ${name} cannot be read: ${failure?.reason ?? 'see repo list'}`;
  if (outcome === 'detected') return `Repository ${name} is now${at}.`;
  if (outcome === 'unchanged') return `Repository ${name} is still${at}.`;
  return `Repository ${name} is being looked at. syncline repo list shows what becomes of it.`;
};

const refresh = async (surroundings: Surroundings, name: string, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const looked = await lookAgain(await session.api(), name);
  session.show(looked, () => lookedText(name, looked));
};

/** `syncline repo` */
export const addRepo = (program: Command, surroundings: Surroundings): void => {
  const repo = program
    .command('repo')
    .description('Register and look at the Git repositories that are deployed from.');
  addLeaf(repo, {
    usage: 'add <name> <url>',
    about:
      'Register a repository, or change its registration. Its credential is sealed before it leaves this machine.',
    examples: [
      'syncline repo add fleet https://github.com/example/fleet.git --path applications',
      'syncline repo add fleet https://git.example.com/fleet.git --username bot --token-stdin < token.txt',
    ],
  })
    .option('--ref <ref>', 'branch, tags/NAME, or commit', 'main')
    .option('--path <path>', 'where its configuration lies; may be given again', collect)
    .option('--include <pattern>', 'which files are read; may be given again (all by default)', collect)
    .option('--poll <seconds>', 'how often it is looked at', parseSeconds, 60)
    .option('--username <name>', 'user to sign in as')
    .option('--password-stdin', 'read the password from standard input')
    .option('--token-stdin', 'read a token from standard input')
    .action((name: string, url: string, options: AddOptions) => add(surroundings, name, url, options));
  addLeaf(repo, {
    usage: 'list',
    about: 'List the repositories, their revisions and what is wrong with them.',
    examples: ['syncline repo list'],
  }).action((options: CommonOptions) => list(surroundings, options));
  addLeaf(repo, {
    usage: 'refresh <name>',
    about: 'Look at a repository now instead of at the next poll.',
    examples: ['syncline repo refresh fleet'],
  }).action((name: string, options: CommonOptions) => refresh(surroundings, name, options));
};
