import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import { canonicalJson } from './canonical-json.js';

type Data = Uint8Array | string;

/** What of the platform's own hashing is used, where the code runs on one that has it: it takes a tenth of the time. */
type NativeCrypto = {
  readonly hash: {
    (algorithm: 'sha256', data: Data, encoding: 'hex'): string;
    (algorithm: 'sha256', data: Data, encoding: 'buffer'): Uint8Array;
  };
  readonly createHash: (algorithm: 'sha256') => NativeHash;
  readonly createSecretKey: (key: Uint8Array) => SecretKey;
  readonly createHmac: (
    algorithm: 'sha256',
    key: SecretKey,
  ) => { readonly update: (data: Data) => { readonly digest: (encoding: 'hex') => string } };
};
type NativeHash = {
  readonly update: (data: Uint8Array) => unknown;
  readonly digest: (encoding: 'hex') => string;
};
type SecretKey = { readonly type: 'secret' };
type Platform = { readonly process?: { readonly getBuiltinModule?: (name: string) => unknown } };

const native = (globalThis as Platform).process?.getBuiltinModule?.('node:crypto') as
  NativeCrypto | undefined;

const toBytes = (data: Data): Uint8Array => (typeof data === 'string' ? utf8ToBytes(data) : data);

/** A digest of bytes that come piece by piece. */
export type RunningDigest = { readonly update: (data: Uint8Array) => void; readonly hex: () => string };

/** The digests as they are made where the platform has none. */
export const portable = {
  sha256Bytes: (data: Data): Uint8Array => sha256(toBytes(data)),
  sha256Hex: (data: Data): string => bytesToHex(sha256(toBytes(data))),
  sha256Running: (): RunningDigest => {
    const running = sha256.create();
    return { update: (data) => void running.update(data), hex: () => bytesToHex(running.digest()) };
  },
  hmacHex: (key: Data, data: Data): string => bytesToHex(hmac(sha256, toBytes(key), toBytes(data))),
};

/** Keys as the platform wants them: to make one of bytes takes it longer than the digest. Those of callers are few, and kept as they are. */
const secretKeys = new WeakMap<Uint8Array, SecretKey>();

const secretKeyOf = (platform: NativeCrypto, key: Data): SecretKey => {
  if (typeof key === 'string') return platform.createSecretKey(utf8ToBytes(key));
  const known = secretKeys.get(key);
  if (known) return known;
  const fresh = platform.createSecretKey(key);
  secretKeys.set(key, fresh);
  return fresh;
};

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Hex = (data: Data): string =>
  native ? native.hash('sha256', data, 'hex') : portable.sha256Hex(data);

/** SHA-256 as its 32 bytes. */
export const sha256Bytes = (data: Data): Uint8Array =>
  native ? native.hash('sha256', data, 'buffer') : portable.sha256Bytes(data);

/** SHA-256 of what comes in pieces. */
export const sha256Running = (): RunningDigest => {
  if (!native) return portable.sha256Running();
  const running = native.createHash('sha256');
  return { update: (data) => void running.update(data), hex: () => running.digest('hex') };
};

/** HMAC-SHA-256 as 64 lower-case hex digits. A key's bytes are not to be changed once they were used. */
export const hmacHex = (key: Data, data: Data): string =>
  native
    ? native.createHmac('sha256', secretKeyOf(native, key)).update(data).digest('hex')
    : portable.hmacHex(key, data);

/** SHA-256 of a value's canonical JSON (RFC 8785): equal values have equal digests. */
export const digestOf = (value: unknown): string => sha256Hex(canonicalJson(value));
