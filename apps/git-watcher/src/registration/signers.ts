import type { RepositoryEvent } from '@syncline/events';
import { GitError, verifyPolicy, type SignaturePolicy } from '@syncline/git';
import { CommandRefused, type BlobRef, type BlobStore } from '@syncline/kernel';

/** Whose signatures a registration asks for, by reference. */
export type Signers = NonNullable<
  Extract<RepositoryEvent, { type: 'RepositoryRegistered' }>['data']['signers']
>;

const keyringType = 'application/pgp-keys';
const allowedSignersType = 'text/plain';

/** Keeps whose signatures are asked for. Refuses what nobody could satisfy, and what cannot be verified on this machine. */
export const keepSigners = async (blobs: BlobStore, policy: SignaturePolicy): Promise<Signers> => {
  await verifyPolicy(policy).catch((error: unknown) => {
    if (error instanceof GitError) throw new CommandRefused('registration-invalid', error.message);
    throw error;
  });
  const put = (text: string, mediaType: string): Promise<BlobRef> =>
    blobs.put('hub', new TextEncoder().encode(text), mediaType);
  const { keyring, allowedSigners } = policy;
  return {
    ...(keyring !== undefined && { keyring: await put(keyring, keyringType) }),
    ...(allowedSigners !== undefined && { allowedSigners: await put(allowedSigners, allowedSignersType) }),
  };
};

/** The policy behind a registration. */
export const readSigners = async (
  blobs: BlobStore,
  { keyring, allowedSigners }: Signers,
): Promise<SignaturePolicy> => {
  const read = async (ref: BlobRef): Promise<string> =>
    new TextDecoder().decode(await blobs.get('hub', ref.digest));
  return {
    ...(keyring && { keyring: await read(keyring) }),
    ...(allowedSigners && { allowedSigners: await read(allowedSigners) }),
  };
};
