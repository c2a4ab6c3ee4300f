import { CommandRefused } from '@syncline/kernel';

import { readGivenFile } from './credential.js';
import type { RepositoryRegistration } from './register-repository.js';

/** How signatures are asked for on a command line. */
export type SigningOptions = {
  readonly requireSigned?: boolean;
  readonly keyring?: string;
  readonly allowedSigners?: string;
  readonly allowUnsigned?: boolean;
};

/** Whose signatures the options ask for; nothing where they name none, which leaves it as it is. */
export const readSigning = async ({
  requireSigned = false,
  keyring,
  allowedSigners,
  allowUnsigned = false,
}: SigningOptions): Promise<Pick<RepositoryRegistration, 'signatures'>> => {
  const names = keyring !== undefined || allowedSigners !== undefined;
  if (allowUnsigned && (requireSigned || names))
    throw new CommandRefused('usage', 'Give --require-signed or --allow-unsigned, not both.');
  if (requireSigned !== names)
    throw new CommandRefused('usage', 'Give --require-signed with --keyring, --allowed-signers, or both.');
  if (allowUnsigned) return { signatures: null };
  if (!requireSigned) return {};
  return {
    signatures: {
      ...(keyring !== undefined && { keyring: await readGivenFile(keyring) }),
      ...(allowedSigners !== undefined && { allowedSigners: await readGivenFile(allowedSigners) }),
    },
  };
};
