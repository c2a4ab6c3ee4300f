import { CommandRefused } from '@syncline/kernel';
import { InvalidArgumentError, type Command } from 'commander';

import { listOf, repository, type Repository } from '../client/contract.js';
import { paintWord, tableText } from '../shell/formats.js';
import { addAt, pathAt, type AsOf } from '../shell/as-of.js';
import { addLeaf, collect } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { headline, short } from '../story/words.js';
import {
  addCredentialOptions,
  readCredential,
  readGivenFile,
  replaceCredential,
  type CredentialOptions,
} from './credential.js';
import { lookAgain, type Looked } from './look-again.js';
import { parseRef, refText, registerRepository } from './register-repository.js';
import { readSigning, type SigningOptions } from './signing.js';
import { hostKeysText, trustHost } from './trust.js';

type AddOptions = CommonOptions &
  CredentialOptions &
  SigningOptions & {
    readonly ref: string;
    readonly path?: readonly string[];
    readonly include?: readonly string[];
    readonly poll: number;
    readonly knownHosts?: string;
  };

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError('Give whole seconds.');
};

const add = async (
  surroundings: Surroundings,
  name: string,
  url: string,
  options: AddOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const credential = await readCredential(options, surroundings.readInput);
  const knownHosts = options.knownHosts === undefined ? undefined : await readGivenFile(options.knownHosts);
  const position = await registerRepository(await session.api(), {
    repository: name,
    url,
    ref: parseRef(options.ref),
    paths: options.path ?? ['.'],
    include: options.include ?? [],
    pollSeconds: options.poll,
    ...(credential && { credential }),
    ...(knownHosts !== undefined && { knownHosts }),
    ...(await readSigning(options)),
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

const list = async (surroundings: Surroundings, options: CommonOptions & AsOf): Promise<void> => {
  const session = openSession(surroundings, options);
  const path = pathAt('/v1/repositories', options, surroundings);
  const { items } = await (await session.api()).get(path, listOf(repository));
  const rows = items.map((one) => [
    one.repository,
    one.url,
    refText(one.ref),
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
  if (outcome === 'refused') return `Repository ${name} stays${at}: ${failure?.reason ?? 'see repo list'}`;
  if (outcome === 'detected') return `Repository ${name} is now${at}.`;
  if (outcome === 'unchanged') return `Repository ${name} is still${at}.`;
  return `Repository ${name} is being looked at. syncline repo list shows what becomes of it.`;
};

const refresh = async (surroundings: Surroundings, name: string, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const looked = await lookAgain(await session.api(), name);
  session.show(looked, () => lookedText(name, looked));
};

const giveCredential = async (
  surroundings: Surroundings,
  name: string,
  options: CommonOptions & CredentialOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const credential = await readCredential(options, surroundings.readInput);
  if (!credential)
    throw new CommandRefused('usage', 'Give one of --password-stdin, --token-stdin and --deploy-key.');
  const position = await replaceCredential(await session.api(), name, credential);
  session.show({ repository: name, position }, () => `Repository ${name} is read with the new credential.`);
};

type TrustOptions = CommonOptions & { readonly fingerprint?: readonly string[]; readonly yes?: boolean };

const trust = async (surroundings: Surroundings, name: string, options: TrustOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const { fingerprint: fingerprints, yes: all } = options;
  const trusting = { ...(fingerprints && { fingerprints }), ...(all === true && { all }) };
  const keys = await trustHost(await session.api(), name, trusting);
  session.show(keys, () => hostKeysText(name, keys));
};

const addAccess = (repo: Command, surroundings: Surroundings): void => {
  addCredentialOptions(
    addLeaf(repo, {
      usage: 'credential <name>',
      about: 'Give a repository another credential. Nothing else of it changes.',
      examples: [
        'syncline repo credential fleet --username bot --token-stdin < token.txt',
        'syncline repo credential fleet --deploy-key new-key',
      ],
    }),
  ).action((name: string, options: CommonOptions & CredentialOptions) =>
    giveCredential(surroundings, name, options),
  );
  addLeaf(repo, {
    usage: 'trust <name>',
    about: "Show the keys of a repository's SSH host, and trust those that were compared.",
    examples: ['syncline repo trust fleet', 'syncline repo trust fleet --fingerprint SHA256:+DiY3wvv…'],
  })
    .option('--fingerprint <sha256>', 'trust the key with this fingerprint; may be given again', collect)
    .option('--yes', 'trust every key that the host shows now, without a comparison')
    .action((name: string, options: TrustOptions) => trust(surroundings, name, options));
};

/** `syncline repo` */
export const addRepo = (program: Command, surroundings: Surroundings): void => {
  const repo = program
    .command('repo')
    .description('Register and look at the Git repositories that are deployed from.');
  const adding = addLeaf(repo, {
    usage: 'add <name> <url>',
    about:
      'Register a repository, or change its registration. Its credential is sealed before it leaves this machine.',
    examples: [
      'syncline repo add fleet https://github.com/example/fleet.git --path applications',
      'syncline repo add fleet https://git.example.com/fleet.git --username bot --token-stdin < token.txt',
      'syncline repo add fleet git@example.com:team/fleet.git --deploy-key key --known-hosts ~/.ssh/known_hosts',
    ],
  });
  addCredentialOptions(adding)
    .option('--ref <ref>', 'branch, tags/NAME, commit, or semver:RANGE for the highest tag in it', 'main')
    .option('--path <path>', 'where its configuration lies; may be given again', collect)
    .option('--include <pattern>', 'which files are read; may be given again (all by default)', collect)
    .option('--poll <seconds>', 'how often it is looked at', parseSeconds, 60)
    .option('--known-hosts <file>', 'known_hosts file that holds the keys of its SSH host')
    .option('--require-signed', 'plan only revisions that somebody signed whom the next two options name')
    .option('--keyring <file>', 'OpenPGP public keys in ASCII armour (gpg --armor --export)')
    .option('--allowed-signers <file>', 'allowed signers of SSH signatures (ssh-keygen(1))')
    .option('--allow-unsigned', 'require signatures no longer')
    .action((name: string, url: string, options: AddOptions) => add(surroundings, name, url, options));
  addAccess(repo, surroundings);
  const lists = addLeaf(repo, {
    usage: 'list',
    about: 'List the repositories, their revisions and what is wrong with them.',
    examples: ['syncline repo list', 'syncline repo list --at "2h ago"'],
  });
  addAt(lists).action((options: CommonOptions & AsOf) => list(surroundings, options));
  addLeaf(repo, {
    usage: 'refresh <name>',
    about: 'Look at a repository now instead of at the next poll.',
    examples: ['syncline repo refresh fleet'],
  }).action((name: string, options: CommonOptions) => refresh(surroundings, name, options));
};
