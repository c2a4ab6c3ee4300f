import { trackedRef, type HostKey, type TrackedRef } from '@syncline/events';
import { isTrackable, parseRemoteUrl, readKnownHosts, type SignaturePolicy } from '@syncline/git';
import { CommandRefused } from '@syncline/kernel';
import { z } from 'zod';

/** Bytes as a command carries them. */
export const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));

/** Of what a registration brings along as files. */
const longestFile = 262_144;

const payload = z.object({
  repository: z.string(),
  url: z.string(),
  ref: trackedRef,
  paths: z.array(z.string()).default([]),
  include: z.array(z.string()).default([]),
  pollSeconds: z.int().min(1).max(86_400).default(30),
  credential: base64.optional(),
  knownHosts: z.string().max(longestFile).optional(),
  signatures: z
    .object({
      keyring: z.string().max(longestFile).optional(),
      allowedSigners: z.string().max(longestFile).optional(),
    })
    .nullable()
    .optional(),
});

/** What is asked to be registered, in order. */
export type Registration = {
  readonly repository: string;
  readonly url: string;
  readonly ref: TrackedRef;
  readonly paths: string[];
  readonly include: string[];
  readonly pollSeconds: number;
  readonly hostKeys?: HostKey[];
};

/** A registration, the sealed bytes of the credential, and whose signatures are asked for: null, of nobody any longer. */
export type RegistrationRequest = {
  readonly wanted: Registration;
  readonly sealed?: Uint8Array;
  readonly signatures?: SignaturePolicy | null;
};

const refuse = (sentence: string): CommandRefused => new CommandRefused('registration-invalid', sentence);

const readPath = (path: string): string => {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..') || path.includes('\0'))
    throw refuse(`The path ${path} leaves the repository. Name a folder in it, such as applications.`);
  return names.join('/');
};

/** What git's adapter refuses, refused to whoever registers. */
const orRefuse = <Result>(run: () => Result): Result => {
  try {
    return run();
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
};

const readHostKeys = (url: string, knownHosts: string): HostKey[] => {
  const { url: address, transport } = parseRemoteUrl(url);
  if (transport !== 'ssh') throw refuse('Known hosts are for a repository that is reached over SSH.');
  return [...readKnownHosts(knownHosts, address)];
};

/** Reads the payload of `register`. Refuses with one sentence on what cannot be registered. */
export const readRegistration = (given: unknown): RegistrationRequest => {
  const parsed = payload.safeParse(given);
  if (!parsed.success) throw refuse(`The registration is incomplete. ${z.prettifyError(parsed.error)}`);
  const { credential, knownHosts, signatures, ...wanted } = parsed.data;
  const { repository, ref } = wanted;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(repository))
    throw refuse(`${repository} is no name of a repository: letters, digits, dots, dashes, at most 100.`);
  if (!isTrackable(ref))
    throw refuse(
      ref.kind === 'semver'
        ? `"${ref.name}" is no range of versions, such as >=1.2 <2.`
        : `${ref.name} is no ${ref.kind} that can be tracked. A commit is given by its full 40 digits.`,
    );
  orRefuse(() => parseRemoteUrl(wanted.url));
  const hostKeys =
    knownHosts === undefined ? undefined : orRefuse(() => readHostKeys(wanted.url, knownHosts));
  const paths = wanted.paths.map(readPath).filter((path) => path !== '');
  return {
    wanted: { ...wanted, paths, ...(hostKeys && { hostKeys }) },
    ...(credential && { sealed: credential }),
    ...(signatures !== undefined && { signatures: signatures && policyOf(signatures) }),
  };
};

const policyOf = ({ keyring, allowedSigners }: NonNullable<z.infer<typeof payload>['signatures']>) => ({
  ...(keyring !== undefined && { keyring }),
  ...(allowedSigners !== undefined && { allowedSigners }),
});
