import fc from 'fast-check';
import { expect, it } from 'vitest';

import { hmacHex, portable, sha256Hex } from './digest.js';

const data = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 300 }));

it('gives the digest of FIPS 180-4 and the HMAC of RFC 4231', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(hmacHex('Jefe', 'what do ya want for nothing?')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

it('gives the same on every platform, lone surrogates included', () => {
  fc.assert(
    fc.property(data, data, (key, text) => {
      expect(sha256Hex(text)).toBe(portable.sha256Hex(text));
      expect(hmacHex(key, text)).toBe(portable.hmacHex(key, text));
    }),
  );
  expect(sha256Hex('a\ud800b')).toBe(portable.sha256Hex('a\ud800b'));
});
