import { createCipheriv, createDecipheriv, createHmac, createHash } from 'node:crypto';

import { SealingError } from './sealing-error.js';

const magic = Buffer.from('SYNPK1');
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a Git pack at rest (AES-256-GCM, `key` of 32 bytes). The nonce is derived from the content (HMAC-SHA-256
 * of its SHA-256 under the key, NIST SP 800-38D construction by a deterministic fixed field), so equal packs are
 * equal bytes and one blob. Layout: magic, nonce, tag, ciphertext.
 */
export const encryptPack = (pack: Uint8Array, key: Uint8Array): Uint8Array => {
  const content = createHash('sha256').update(pack).digest();
  const nonce = createHmac('sha256', key).update(content).digest().subarray(0, nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(pack), cipher.final()]);
  return Buffer.concat([magic, nonce, cipher.getAuthTag(), body]);
};

/** Opens what {@link encryptPack} made. Throws {@link SealingError} `cannot-decrypt` on another key or changed bytes. */
export const decryptPack = (stored: Uint8Array, key: Uint8Array): Uint8Array => {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const start = magic.length + nonceBytes + tagBytes;
  if (bytes.length < start || !bytes.subarray(0, magic.length).equals(magic)) {
    throw new SealingError('cannot-decrypt', 'the stored pack is not in the format of this version');
  }
  const decipher = createDecipheriv(
    'aes-256-gcm',
    key,
    bytes.subarray(magic.length, magic.length + nonceBytes),
  );
  decipher.setAuthTag(bytes.subarray(magic.length + nonceBytes, start));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()]);
  } catch (cause) {
    throw new SealingError('cannot-decrypt', 'the stored pack does not open with this key', cause);
  }
};
