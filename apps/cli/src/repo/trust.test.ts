import { describe, expect, test } from 'vitest';

import { hostKeysText } from './trust.js';

const [ed, rsa] = [
  { type: 'ssh-ed25519', fingerprint: 'SHA256:ed' },
  { type: 'ssh-rsa', fingerprint: 'SHA256:rsa' },
];
const answer = (shown: (typeof ed)[], trusted: (typeof ed)[]) => ({ position: '1.0', shown, trusted });

describe('what is said of the keys of a host', () => {
  test('is how to trust one while none is', () => {
    expect(hostKeysText('fleet', answer([ed, rsa], [])).split('\n')).toEqual([
      'SHA256:ed  ssh-ed25519  not trusted',
      'SHA256:rsa  ssh-rsa  not trusted',
      expect.stringContaining('syncline repo trust fleet --fingerprint SHA256:ed'),
    ]);
  });

  test('is which are trusted, and nothing to do', () => {
    expect(hostKeysText('fleet', answer([ed, rsa], [ed])).split('\n')).toEqual([
      'SHA256:ed  ssh-ed25519  trusted',
      'SHA256:rsa  ssh-rsa  not trusted',
    ]);
  });

  test('is both sides where the host shows another key than the trusted one', () => {
    expect(hostKeysText('fleet', answer([ed], [rsa])).split('\n')).toEqual([
      'SHA256:ed  ssh-ed25519  not trusted',
      'SHA256:rsa  ssh-rsa  trusted, but no longer shown',
      expect.stringContaining('--fingerprint SHA256:ed'),
    ]);
  });
});
