import { describe, expect, test } from 'vitest';

import { nameOfRemote, parseRemoteUrl } from './remote-url.js';

describe('the address of a repository', () => {
  test.each([
    ['https://example.com/team/fleet.git', 'https', 'https://example.com/team/fleet.git'],
    ['ssh://git@example.com:2222/team/fleet.git', 'ssh', 'ssh://example.com:2222/team/fleet.git'],
    ['git@example.com:team/fleet.git', 'ssh', 'ssh://example.com/team/fleet.git'],
    ['example.com:fleet.git', 'ssh', 'ssh://example.com/fleet.git'],
    ['git@[::1]:fleet.git', 'ssh', 'ssh://[::1]/fleet.git'],
    ['http://127.0.0.1:8080/fleet.git', 'http', 'http://127.0.0.1:8080/fleet.git'],
    ['file:///srv/git/fleet.git', 'file', 'file:///srv/git/fleet.git'],
  ])('%s is read by %s', (text, transport, name) => {
    const address = parseRemoteUrl(text);
    expect(address).toMatchObject({ transport, address: text });
    expect(nameOfRemote(address.url)).toBe(name);
  });

  test.each([
    ['https://ada:secret@example.com/x', /holds a credential/],
    ['https://ada@example.com/x', /holds a credential/],
    ['ssh://git:secret@example.com/x', /holds a credential/],
    ['http://example.com/x', /Plain HTTP/],
    ['http://127.0.0.1.example.com/x', /Plain HTTP/],
    ['file://server/share', /folder of this machine/],
    ['ext::sh -c id', /holds a space/],
    ['git://example.com/x', /is not read/],
    ['ssh://-oProxyCommand=id/x', /no host/],
    ['-oProxyCommand=id:x', /no host|is not read|is a URL/],
    ['git@-oProxyCommand=id:x', /no host/],
    ['-l@example.com:x', /no user/],
    ['git@example.com:-x', /names no repository/],
    ['git@example.com:', /is not read|is a URL|names no/],
    ['git@example.com:$(id)', /names no repository/],
    ['ssh://git@example.com/a;b\\c', /names no repository/],
    ['https://example.com/x#y', /fragment/],
    ['fleet', /is a URL/],
    ['', /is a URL/],
  ])('%j is refused', (text, sentence) => {
    expect(() => parseRemoteUrl(text)).toThrow(sentence);
  });
});
