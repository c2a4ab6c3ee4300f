import { describe, expect, test } from 'vitest';

import { fingerprintOf, knownHostName, readKnownHosts } from './host-keys.js';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const github = new URL('ssh://git@github.com/team/fleet.git');
const typed = { type: 'ssh-ed25519', key };

describe('known hosts', () => {
  test.each([
    ['by name', `github.com ssh-ed25519 ${key}`],
    ['by one of several names, with a comment', `gitlab.com,github.com ssh-ed25519 ${key} of github`],
    ['by a pattern', `*.example.com,git*.com ssh-ed25519 ${key}`],
    ['hashed', `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 ${key}`],
    [
      'between comments and other hosts, whatever those are',
      `# ours\n\n@cert-authority *.example.com ssh-rsa ${key}\nold ssh-dss ${key}\n???\ngithub.com ssh-ed25519 ${key}\n`,
    ],
    ['twice', `github.com ssh-ed25519 ${key}\ngithub.com ssh-ed25519 ${key}\n`],
  ])('name a host %s', (how, text) => {
    const url = how === 'hashed' ? new URL('ssh://git@192.168.1.61/x.git') : github;
    expect(readKnownHosts(text, url)).toEqual([typed]);
  });

  test.each([
    ['another host', `example.com ssh-ed25519 ${key}`, /hold no key of github\.com/],
    ['a host that is excepted', `*,!github.com ssh-ed25519 ${key}`, /hold no key of github\.com/],
    ['the host on another port', `[github.com]:2222 ssh-ed25519 ${key}`, /hold no key of github\.com/],
    ['nothing', '', /hold no key of github\.com/],
    ['an authority', `@cert-authority *.com ssh-ed25519 ${key}`, /Line 1 .* marked @cert-authority/],
    [
      'keys without end',
      Array.from({ length: 21 }, (_, at) => `github.com ssh-rsa AAAA${at}`).join('\n'),
      /more than 20 keys/,
    ],
    ['a revoked key', `@revoked github.com ssh-ed25519 ${key}`, /Line 1 .* marked @revoked/],
    ['no key', `github.com ssh-dss ${key}`, /Line 1 .* holds no host key/],
    ['an option in place of a key', `github.com ssh-ed25519 -oProxyCommand=x`, /Line 1 .* holds no host key/],
  ])('with %s are refused', (_, text, sentence) => {
    expect(() => readKnownHosts(text, github)).toThrow(sentence);
  });

  test('name a port other than 22 in brackets', () => {
    expect(knownHostName(new URL('ssh://git@example.com:22/x'))).toBe('example.com');
    expect(knownHostName(new URL('ssh://git@example.com:2222/x'))).toBe('[example.com]:2222');
  });

  test('have the fingerprints that GitHub publishes', () => {
    expect(fingerprintOf(typed)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  });
});
