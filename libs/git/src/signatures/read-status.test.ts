import { describe, expect, test } from 'vitest';

import { readGpgStatus, readSshStatus } from './read-status.js';

const key = '6F2C1D3B0A9E8F7D6C5B4A392817F6E5D4C3B2A1';
const said = (...lines: readonly string[]) => lines.map((line) => `[GNUPG:] ${line}\n`).join('');

describe('the status of gpg', () => {
  test('is good where signature and key are', () => {
    const status = readGpgStatus(
      0,
      said(
        'NEWSIG',
        'GOODSIG D4C3B2A1 Ada (ops) <ada@example.com>',
        `VALIDSIG ${key} 2026-01-01 1 0 4 0 22 10 00 ${key}`,
      ),
    );
    expect(status).toEqual({
      isGood: true,
      signature: { format: 'openpgp', key, signer: { name: 'Ada (ops)', email: 'ada@example.com' } },
    });
  });

  test.each([
    ['a bad signature', 1, said('BADSIG D4C3B2A1 Ada'), /not of what it holds/],
    [
      'a good one that git itself does not take',
      1,
      said('GOODSIG D4C3B2A1 Ada', `VALIDSIG ${key} x`),
      /cannot be read/,
    ],
    ['an expired key', 1, said('EXPKEYSIG D4C3B2A1 Ada', `VALIDSIG ${key} x`), /D4C3B2A1, which has expired/],
    ['a revoked key', 1, said('REVKEYSIG D4C3B2A1 Ada', `VALIDSIG ${key} x`), /D4C3B2A1, which was revoked/],
    ['an expired signature', 1, said('EXPSIG D4C3B2A1 Ada'), /by D4C3B2A1 has expired/],
    [
      'a key that is not there',
      1,
      said('ERRSIG D4C3B2A1 22 10 00 1 9', 'NO_PUBKEY D4C3B2A1'),
      /not in the keyring/,
    ],
    ['nothing that gpg says', 0, '', /cannot be read/],
    ['a message that imitates gpg', 0, 'gpg: [GNUPG:] GOODSIG X Ada\n', /cannot be read/],
  ])('is not good with %s', (_, exitCode, text, reason) => {
    const status = readGpgStatus(exitCode, text);
    expect(status).toMatchObject({ isGood: false });
    expect(!status.isGood && status.reason).toMatch(reason);
  });
});

describe('the status of ssh-keygen', () => {
  const fingerprint = `SHA256:${'a'.repeat(43)}`;

  test('is good for an allowed signer', () => {
    const status = readSshStatus(
      0,
      `Good "git" signature for ada@example.com with ED25519 key ${fingerprint}\n`,
    );
    expect(status).toMatchObject({ isGood: true, signature: { format: 'ssh', key: fingerprint } });
  });

  test.each([
    [
      'a stranger',
      1,
      `Good "git" signature with ED25519 key ${fingerprint}\nNo principal matched.\n`,
      /no allowed/,
    ],
    [
      'a failure after a good line',
      1,
      `Good "git" signature for a with ED25519 key ${fingerprint}\n`,
      /not of what/,
    ],
    ['nothing', 1, '', /not of what it holds/],
  ])('is not good with %s', (_, exitCode, text, reason) => {
    const status = readSshStatus(exitCode, text);
    expect(!status.isGood && status.reason).toMatch(reason);
  });
});
