import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256Bytes } from '@syncline/kernel';

import { fromBase64, toBase64 } from './base64.js';

const encoder = new TextEncoder();
/** The only kind of signature here: Ed25519 (C2SP signed-note, "Signature types"). */
const ed25519Kind = 0x01;

/** Who may have signed a note: a name, and an Ed25519 public key. */
export type Verifier = {
  readonly name: string;
  /** First four bytes of SHA-256 over name, line feed, kind and public key. */
  readonly keyHash: Uint8Array;
  readonly publicKey: Uint8Array;
};

/** Who signs notes. */
export type Signer = { readonly verifier: Verifier; readonly sign: (text: string) => Uint8Array };

/** Whether a key may have this name: not empty, without white space and plus signs (C2SP signed-note). */
export const isKeyName = (name: string): boolean => name !== '' && !/[\s+\p{Cc}]/u.test(name);

const hashOfKey = (name: string, publicKey: Uint8Array): Uint8Array =>
  sha256Bytes(Uint8Array.from([...encoder.encode(`${name}\n`), ed25519Kind, ...publicKey])).slice(0, 4);

const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A verifier of a name and public key. Throws TypeError where no key can have that name. */
export const verifierOf = (name: string, publicKey: Uint8Array): Verifier => {
  if (!isKeyName(name)) throw new TypeError(`${JSON.stringify(name)} cannot be the name of a key`);
  return { name, publicKey, keyHash: hashOfKey(name, publicKey) };
};

/** A verifier as people pass it on: `<name>+<key hash>+<base64>` (C2SP signed-note, "vkey"). */
export const formatVerifier = ({ name, keyHash, publicKey }: Verifier): string =>
  `${name}+${toHex(keyHash)}+${toBase64(Uint8Array.from([ed25519Kind, ...publicKey]))}`;

/** Reads what {@link formatVerifier} writes; nothing where it is none, is of another kind, or its hash is not that of its key. */
export const parseVerifier = (text: string): Verifier | undefined => {
  const [, name = '', hash, base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const key = fromBase64(base64);
  if (!isKeyName(name) || key?.length !== 33 || key[0] !== ed25519Kind) return undefined;
  const verifier = verifierOf(name, key.slice(1));
  return toHex(verifier.keyHash) === hash ? verifier : undefined;
};

/** A signer by the 32 secret bytes of an Ed25519 key (RFC 8032). */
export const signerOf = (name: string, secret: Uint8Array): Signer => ({
  verifier: verifierOf(name, ed25519.getPublicKey(secret)),
  sign: (text) => ed25519.sign(encoder.encode(text), secret),
});

/** Whether a signature over a text is the verifier's. */
export const isSignedBy = ({ publicKey }: Verifier, text: string, signature: Uint8Array): boolean => {
  try {
    return ed25519.verify(signature, encoder.encode(text), publicKey, { zip215: false });
  } catch {
    return false;
  }
};
