import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import { canonicalJson } from './canonical-json.js';

const toBytes = (data: Uint8Array | string): Uint8Array =>
  typeof data === 'string' ? utf8ToBytes(data) : data;

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Hex = (data: Uint8Array | string): string => bytesToHex(sha256(toBytes(data)));

/** HMAC-SHA-256 as 64 lower-case hex digits. */
export const hmacHex = (key: Uint8Array | string, data: Uint8Array | string): string =>
  bytesToHex(hmac(sha256, toBytes(key), toBytes(data)));

/** SHA-256 of a value's canonical JSON (RFC 8785): equal values have equal digests. */
export const digestOf = (value: unknown): string => sha256Hex(canonicalJson(value));
