import { randomBytes } from 'node:crypto';

import { hmacHex, sha256Hex } from '@syncline/kernel';

/** A new bearer token: 256 random bits. */
export const newTokenText = (): string => `syncline_${randomBytes(32).toString('hex')}`;

/** The token that a repeated request with the same idempotency key gets again; nobody without the key of ids can tell it. */
export const repeatableTokenText = (key: Uint8Array, actor: string, idempotencyKey: string): string =>
  `syncline_${hmacHex(key, `token|${actor}|${idempotencyKey}`)}`;

/** What is kept of a token, and by what it is found. */
export const tokenHash = (text: string): string => sha256Hex(text);

/** The id of a token follows from its text, so that issuing it again is a repeat. */
export const tokenId = (text: string): string => sha256Hex(`id|${text}`).slice(0, 12);

/** Whether a text can be a token; anything longer or stranger is not looked up. */
export const isTokenText = (text: string): boolean => /^[\x21-\x7e]{16,200}$/.test(text);
