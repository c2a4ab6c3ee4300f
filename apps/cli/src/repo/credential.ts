import { CommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';

import type { ApiClient } from '../client/api-client.js';
import { recipients, written } from '../client/contract.js';
import { sealCredential } from '../client/seal-credential.js';

/** How to sign in at a Git remote. */
export type GitCredential = {
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly privateKey?: string;
};

/** How a credential is given on a command line: what is secret comes from standard input or a file. */
export type CredentialOptions = {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly tokenStdin?: boolean;
  readonly deployKey?: string;
};

/** Adds the options by which a credential for HTTP is given. */
export const addSignInOptions = (command: Command): Command =>
  command
    .option('--username <name>', 'user to sign in as')
    .option('--password-stdin', 'read the password from standard input')
    .option('--token-stdin', 'read a token from standard input');

/** Adds the options by which a credential for a Git remote is given. */
export const addCredentialOptions = (command: Command): Command =>
  addSignInOptions(command).option('--deploy-key <file>', 'private key for SSH, without a passphrase');

const usage = (sentence: string): CommandRefused => new CommandRefused('usage', sentence);

/** The text of a file that was named on the command line. */
export const readGivenFile = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw usage(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });

/** The credential that the options name; undefined where they name none. */
export const readCredential = async (
  options: CredentialOptions,
  readInput: () => Promise<string>,
): Promise<GitCredential | undefined> => {
  const { username, passwordStdin = false, tokenStdin = false, deployKey } = options;
  const ways = [passwordStdin, tokenStdin, deployKey !== undefined].filter(Boolean).length;
  if (ways > 1) throw usage('Give --password-stdin, --token-stdin or --deploy-key, not both.');
  if (ways === 0) {
    if (username === undefined) return undefined;
    throw usage('Give --password-stdin or --token-stdin with --username.');
  }
  if (deployKey !== undefined) {
    if (username !== undefined) throw usage('The user of SSH stands in the address, as in git@host:path.');
    return { privateKey: await readGivenFile(deployKey) };
  }
  const secret = (await readInput()).trim();
  if (secret === '') throw usage('Nothing came on standard input where the secret was expected.');
  const user = username !== undefined && { username };
  return tokenStdin ? { ...user, token: secret } : { ...user, password: secret };
};

/** Seals a credential to git-watcher, which alone can open it. */
export const sealForGitWatcher = async (api: ApiClient, credential: GitCredential): Promise<string> => {
  const { services } = await api.get('/v1/recipients', recipients);
  const recipient = services['git-watcher'];
  if (recipient !== undefined) return sealCredential(credential, recipient);
  throw new CommandRefused(
    'not-ready',
    'git-watcher has not said its public key yet. Try again in a moment.',
  );
};

/** Gives a repository another credential; all else stays. Gives the position. */
export const replaceCredential = async (
  api: ApiClient,
  name: string,
  credential: GitCredential,
): Promise<string> => {
  const path = `/v1/repositories/${encodeURIComponent(name)}/credential`;
  return (await api.post(path, { credential: await sealForGitWatcher(api, credential) }, written)).position;
};
