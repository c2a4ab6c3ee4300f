import { hmacHex } from '@syncline/kernel';

/** A person's id: HMAC-SHA-256 of the address, without white space around and in lower case; 24 hex digits. */
export const personId = (key: Uint8Array, email: string): string =>
  hmacHex(key, email.trim().toLowerCase()).slice(0, 24);
