import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GitError } from '../git-error.js';
import { runGit, type GitRun } from '../process/run-git.js';
import { runProgram } from '../process/run-program.js';
import { isAtLeast, verifyGit } from '../process/verify-git.js';
import type { ConcreteRef } from '../remote/remote.js';
import { hasProgram } from '../ssh/verify-ssh.js';
import type { SignatureFormat, SignaturePolicy, Verdict } from './policy.js';
import { readGpgStatus, readSshStatus } from './read-status.js';
import { readSigned, type SignedObject } from './signed-object.js';

/** A revision whose signature is asked for, in the mirror that holds it. */
export type SignedRevision = {
  readonly dir: string;
  readonly oid: string;
  readonly ref: ConcreteRef;
  /** What the ref itself names: the commit, or the tag object that leads there. */
  readonly tip: string;
};

const program: Record<SignatureFormat, readonly [string, string]> = {
  openpgp: ['gpg', 'gnupg'],
  ssh: ['ssh-keygen', 'openssh-client'],
};

const firstWithSsh = [2, 34] as const;

/** Throws `unequipped` with a sentence where the program is not here that verifies signatures of a format. */
const verifyEquipped = async (format: SignatureFormat): Promise<void> => {
  const [name, debianPackage] = program[format];
  if (format === 'ssh' && !isAtLeast(await verifyGit(), firstWithSsh))
    throw new GitError('unequipped', 'Verifying SSH signatures takes git 2.34 or newer.');
  if (await hasProgram(name)) return;
  const sentence = `Verifying its signatures takes ${name}, which is not on this machine: install ${debianPackage}.`;
  throw new GitError('unequipped', sentence);
};

/** A folder for what a verifying program reads, which is public; gone afterwards. */
const withFolder = async <Result>(run: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-signers-'));
  try {
    await chmod(folder, 0o700);
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
};

const gpgOptions = ['--batch', '--no-tty', '--quiet', '--no-autostart', '--no-auto-key-retrieve'];

/** Makes a GnuPG home that holds the keys of a keyring and nothing else; gives how many keys it took in. */
const importKeyring = async (home: string, keyring: string): Promise<number> => {
  const { stderr, stdout } = await runProgram({
    program: 'gpg',
    args: [...gpgOptions, '--status-fd', '1', '--import'],
    input: keyring,
    env: { GNUPGHOME: home },
  });
  const [, imported] = /^\[GNUPG:\] IMPORT_RES (\d+)/m.exec(stdout) ?? [];
  if (imported === undefined)
    throw new GitError('git-failed', `gpg cannot import a keyring: ${stderr.trim()}`);
  return Number(imported);
};

type Verifying = Pick<GitRun, 'env' | 'config'>;

/** What git is told for a verification by the policy alone. */
const settingsFor = async (
  format: SignatureFormat,
  policy: SignaturePolicy,
  folder: string,
): Promise<Verifying> => {
  await verifyEquipped(format);
  if (format === 'openpgp') {
    await importKeyring(folder, policy.keyring ?? '');
    await writeFile(join(folder, 'gpg.conf'), 'no-auto-key-retrieve\nno-autostart\n');
    return { env: { GNUPGHOME: folder } };
  }
  const file = join(folder, 'allowed_signers');
  await writeFile(file, policy.allowedSigners ?? '');
  return { config: { 'gpg.ssh.allowedSignersFile': file } };
};

const unsigned = (what: string): Verdict => ({
  isGood: false,
  class: 'unsigned',
  reason: `${what} is not signed, and this repository's revisions have to be.`,
});

const textOf = ({ kind, name, oid }: SignedObject): string =>
  kind === 'tag' ? `The tag ${name ?? oid.slice(0, 7)}` : `The commit ${oid.slice(0, 7)}`;

const verifyObject = (dir: string, object: SignedObject, policy: SignaturePolicy): Promise<Verdict> => {
  const { oid, kind, format } = object;
  const what = textOf(object);
  if (format === undefined) return Promise.resolve(unsigned(what));
  const source = format === 'ssh' ? policy.allowedSigners : policy.keyring;
  if (format === 'unknown' || source === undefined) {
    const how = format === 'ssh' ? 'an SSH key' : format === 'openpgp' ? 'an OpenPGP key' : 'a certificate';
    const reason = `${what} is signed with ${how}, and the repository names no such signers.`;
    return Promise.resolve({ isGood: false, class: 'unknown-signer', reason });
  }
  return withFolder(async (folder) => {
    const settings = await settingsFor(format, policy, folder);
    const { exitCode, stderr } = await runGit({ dir, ...settings, args: [`verify-${kind}`, '--raw', oid] });
    const status = (format === 'ssh' ? readSshStatus : readGpgStatus)(exitCode, stderr);
    if (status.isGood) return { isGood: true, signature: { ...status.signature, bears: kind } };
    return { ...status, reason: `${what} is refused. ${status.reason}` };
  });
};

/** A tag object that says another name than that under which it is found was put there by somebody else. */
const isOwnName = ({ name }: SignedObject, ref: ConcreteRef): boolean => name === ref.name;

/**
 * Whether a revision bears a good signature by the policy, verified by git with gpg or ssh-keygen and nothing of the
 * machine's own configuration. A tag's signature counts as the commit's, which it names; where the tag bears none, or a light
 * tag or a branch leads there, the commit's own is asked for. Throws `unequipped` where the program is missing.
 */
export const verifySignature = async (
  { dir, oid, ref, tip }: SignedRevision,
  policy: SignaturePolicy,
): Promise<Verdict> => {
  if (ref.kind === 'tag' && tip !== oid) {
    const tag = await readSigned(dir, tip, 'tag');
    if (!isOwnName(tag, ref)) {
      const reason = `The tag ${ref.name} calls itself ${tag.name ?? 'nothing'}: somebody has published it under another name.`;
      return { isGood: false, class: 'wrongly-signed', reason };
    }
    if (tag.format !== undefined) return verifyObject(dir, tag, policy);
  }
  return verifyObject(dir, await readSigned(dir, oid, 'commit'), policy);
};

/** Reads a policy before it is recorded. Throws `url-refused` with a sentence where nobody could ever satisfy it. */
export const verifyPolicy = async ({ keyring, allowedSigners }: SignaturePolicy): Promise<void> => {
  if (keyring === undefined && allowedSigners === undefined)
    throw new GitError('url-refused', 'Requiring signatures takes a keyring or a file of allowed signers.');
  if (keyring !== undefined) {
    await verifyEquipped('openpgp');
    const keys = await withFolder((folder) => importKeyring(folder, keyring));
    if (keys === 0) throw new GitError('url-refused', 'The keyring holds no OpenPGP public key.');
  }
  if (allowedSigners === undefined) return;
  await verifyEquipped('ssh');
  const names = /^(?!#)\S+\s.*\b(?:ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/]+/m.test(allowedSigners);
  if (!names) throw new GitError('url-refused', 'The file of allowed signers names nobody.');
};
