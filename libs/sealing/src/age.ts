import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';

import { SealingError } from './sealing-error.js';

/** An age X25519 key pair: `identity` (`AGE-SECRET-KEY-1…`) stays with its service, `recipient` (`age1…`) is public. */
export type KeyPair = { readonly identity: string; readonly recipient: string };

/** Makes a new key pair. */
export const generateKeyPair = async (): Promise<KeyPair> => {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
};

/** The public half of an identity. Throws {@link SealingError} `bad-identity` where the text is none. */
export const recipientOf = async (identity: string): Promise<string> => {
  try {
    return await identityToRecipient(identity.trim());
  } catch (cause) {
    throw new SealingError('bad-identity', 'the age identity cannot be read', cause);
  }
};

/**
 * Seals bytes so that only the holders of the recipients' identities can read them (age v1, binary). Randomised:
 * equal bytes give different results. It does not authenticate the sender.
 */
export const seal = async (bytes: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> => {
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new SealingError('bad-recipient', 'the age recipient cannot be read', cause);
  }
  return encrypter.encrypt(bytes);
};

/** Opens what was sealed to this identity. Throws {@link SealingError} `cannot-unseal` for any other. */
export const unseal = async (sealed: Uint8Array, identity: string): Promise<Uint8Array> => {
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity.trim());
    return await decrypter.decrypt(sealed);
  } catch (cause) {
    throw new SealingError('cannot-unseal', 'this is not sealed to the key of this service', cause);
  }
};
